"""How a token's dedup records are stored, read whole, united with a survivor's, and rid of a person."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tokenfilter.adapters.redis.connection import Argument, RedisConnection, Script, translated
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.domain.call import CALLS_KEPT_FOR
from tokenfilter.domain.cohorts import TokenRecords, united, without
from tokenfilter.domain.dedup import ACCEPTED_FOR, REJECTED_FOR
from tokenfilter.domain.ids import Destination, Token, parse_token
from tokenfilter.domain.plain.measures import micros
from tokenfilter.domain.plain.names import destination_of
from tokenfilter.domain.plain.records import records_from_plain, records_to_plain
from tokenfilter.domain.plain.text import dumps, loads
from tokenfilter.ports.failures import UnavailableError

_SLACK = timedelta(hours=1)
KEEP_ACCEPTED = round((ACCEPTED_FOR + _SLACK).total_seconds())
KEEP_REJECTED = round((CALLS_KEPT_FOR + REJECTED_FOR + _SLACK).total_seconds())
"""Seconds after the last write until Redis may forget. What counts is decided by the records' own instants."""

_RESTORE, _WRITE, _FORGET = (
    Script("records_restore"),
    Script("records_write"),
    Script("records_forget", "outbox_index"),
)
_AT_ONCE = 1_000
_ATTEMPTS = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


class Texts(NamedTuple):
    """What the hash holds besides the version, as JSON."""

    cohorts: str
    exceptions: str
    calls: str
    seen_at: str


class StoredRecords:
    """Reads and writes the records of any token; every write is by the version that was read."""

    def __init__(self, connection: RedisConnection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    async def read(self, token: Token) -> TokenRecords:
        """Everything remembered of a token.

        The version is read first: whoever decides by one that is over meanwhile is told so when it writes.

        Raises:
            UnavailableError: nothing could be read.
            NotStoredFormError: what is stored is not of the form.
        """
        pipe = self._connection.reads.pipeline(transaction=False)
        pipe.hgetall(self._keys.rejected(token))
        pipe.zrange(self._keys.accepted(token), 0, -1, withscores=True)
        with translated():
            rejected, accepted = await pipe.execute()
        return _read(accepted, rejected)

    async def unite(self, token: Token, records: TokenRecords) -> None:
        """Whoever counts as accepted here or there does; of all else the one that was seen last counts."""
        for _ in range(_ATTEMPTS):
            here = await self.read(token)
            both = united(here, records)
            await self._accept(token, {to: at for to, at in both.accepted.items() if here.accepted.get(to) != at})
            if replace(both, accepted={}, version=0) == replace(here, accepted={}, version=0):
                return
            args: list[Argument] = [here.version, KEEP_REJECTED, *spelt(both)]
            if await self._connection.run(_WRITE, [self._keys.rejected(token)], args):
                return
        raise UnavailableError(f"the records of {token} kept changing")

    async def forget(self, destinations: frozenset[Destination]) -> None:
        """Keep nothing of these destinations, about whatever token."""
        names = sorted(map(str, destinations))
        async for tokens in self._tokens():
            for token in await self._concerned(tokens, names):
                await self._forget(token, destinations, names)

    async def _accept(self, token: Token, accepted: Mapping[Destination, datetime]) -> None:
        pairs = [(micros(at), str(to)) for to, at in accepted.items()]
        for first in range(0, len(pairs), _AT_ONCE):
            args: list[Argument] = [KEEP_ACCEPTED]
            args.extend(part for pair in pairs[first : first + _AT_ONCE] for part in pair)
            await self._connection.run(_RESTORE, [self._keys.accepted(token)], args)

    async def _forget(self, token: Token, destinations: frozenset[Destination], names: Sequence[str]) -> None:
        for _ in range(_ATTEMPTS):
            records = await self.read(token)
            left = without(records, destinations)
            args: list[Argument] = [records.version, spelt(left).exceptions, *names]
            owed = self._keys.owed(self._keys.partition(token), str(token))
            keys = [self._keys.accepted(token), self._keys.rejected(token), owed]
            if await self._connection.run(_FORGET, keys, args):
                return
        raise UnavailableError(f"the records of {token} kept changing")

    async def _concerned(self, tokens: Sequence[Token], names: Sequence[str]) -> list[Token]:
        """The tokens that anything is remembered of, of these destinations."""
        pipe = self._connection.reads.pipeline(transaction=False)
        for token in tokens:
            pipe.zmscore(self._keys.accepted(token), list(names))
            pipe.hget(self._keys.rejected(token), "exceptions")
        with translated():
            answers = await pipe.execute()
        found = zip(tokens, answers[::2], answers[1::2], strict=True)
        return [
            token
            for token, scores, exceptions in found
            if any(s is not None for s in scores) or any(f'"{name}"' in (exceptions or "") for name in names)
        ]

    async def _tokens(self) -> AsyncIterator[list[Token]]:
        """Every token that anything is remembered of, some at once; one may come twice."""
        prefix = self._keys.prefix
        name = re.compile(rf"{re.escape(prefix)}processed_token:\{{\d+\}}:(\w+):(\w+):(?:accepted|rejected)")
        cursor = 0
        while True:
            with translated():
                cursor, keys = await self._connection.reads.scan(
                    cursor, match=f"{_literal(prefix)}processed_token:*", count=_AT_ONCE
                )
            matches = [match for key in keys if (match := name.fullmatch(str(key)))]
            if matches:
                yield list({parse_token(match[2], match[1]): None for match in matches})
            if not cursor:
                return


def spelt(records: TokenRecords) -> Texts:
    """The records as the hash holds them."""
    plain = records_to_plain(records)
    return Texts(**{name: dumps(plain.get(name)) for name in Texts._fields})


def _read(accepted: Sequence[tuple[str, float]], rejected: Mapping[str, str]) -> TokenRecords:
    plain: dict[str, Any] = {"cohorts": [], "exceptions": {}, "calls": []}
    plain.update({name: loads(rejected[name]) for name in Texts._fields if name in rejected})
    return replace(
        records_from_plain(plain),
        accepted={destination_of(to, "accepted"): _EPOCH + int(at) * _MICRO for to, at in accepted},
        version=int(rejected.get("version", 0)),
    )


def _literal(prefix: str) -> str:
    """A prefix as SCAN's patterns spell it."""
    return re.sub(r"([\\*?\[\]^])", r"\\\1", prefix)
