"""What a fault test plays on: stores, a Telegram, the programs on them, and how it ends if all is well."""

import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx
from tests.faults.oracle import Pair, expected
from tests.faults.programs import PATIENCE, Program, until
from tests.faults.telegram import Telegram
from tests.servers import connected

from tokenfilter.adapters.embedded import ValkeyServer
from tokenfilter.container import SANDBOX_TOKEN, Container
from tokenfilter.domain.event import FeedLine, Heard
from tokenfilter.domain.feed_line import encode
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.history import SubscriberSaved
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.subscriber import Subscriber, with_filter
from tokenfilter.opening import open_stores
from tokenfilter.settings import load

IN_FLIGHT = 10
"""Sends side by side, `delivery.at_once`: so many may be repeated after a crash."""

SOAK = os.environ.get("TOKENFILTER_EXAMPLES") == "soak"
"""Whether there is time for more."""

_EVENTS_TOKEN = "pushed"
_NO_FEEDS = "[use]\nfeeds = []\n"
_TAKEN, _TOO_MANY = 202, 503
_TELLING = "FROM notifications WHERE notification LIKE 'alert:%'"
_TOLD = f"SELECT split_part(token, ':', 2) AS address, chat {_TELLING} AND outcome IN ('sent', 'told in a digest')"


@dataclass(kw_only=True)
class Scene:
    """One test's. `redis_url` and `postgres_url` are what programs are told: proxies, where a test sets them."""

    folder: Path
    valkey: ValkeyServer
    database: str
    telegram: Telegram
    redis_url: str = ""
    postgres_url: str = ""
    wanted: dict[ChatId, str] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    programs: list[Program] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.redis_url, self.postgres_url = self.valkey.url, self.database
        self.configuration = self.folder / "tokenfilter.toml"
        self.configuration.write_text(_NO_FEEDS, encoding="utf-8")

    async def seed(self, wanted: Mapping[ChatId, str], *, also: Iterable[Subscriber] = ()) -> None:
        """Let these chats wish for that, as both stores would know it of a program that ran before."""
        self.wanted.update(wanted)
        subscribers = [with_filter(Subscriber(chat=c, version=1), "One", parse_filter(t)) for c, t in wanted.items()]
        now = datetime.now(tz=UTC)
        entries = [
            SubscriberSaved(subscriber=one, seq=seq, renewed=frozenset({one.own_chat}), at=now)
            for seq, one in enumerate([*subscribers, *also], start=1)
        ]
        async with self.stores() as container:
            await container.subscribers().restore(entries)
            await container.history().record(entries)

    @asynccontextmanager
    async def stores(self) -> AsyncIterator[Container]:
        """The stores as a program opens them, past every proxy."""
        async with AsyncExitStack() as stack:
            container = self._container()
            await open_stores(container, stack)
            yield container

    @asynccontextmanager
    async def queues(self) -> AsyncIterator[dict]:
        """What is to be judged, sent and relayed, as Redis knows it, past every proxy."""
        container = self._container()
        ports = {"events": container.redis_events(), "outbox": container.redis_outbox()}
        yield {**ports, "journal": container.redis_journal()}
        await container.redis().close()

    async def started(
        self,
        *,
        instance: str = "the-one",
        command: Sequence[str] = ("-m", "tokenfilter"),
        environment: Mapping[str, str] | None = None,
        roles: Sequence[str] = (),
    ) -> Program:
        """A program that serves; another `command` is the same one with something wrong, as its `environment` says.

        With `roles` it does only that of the work.
        """
        told = self._environment(instance, redis_url=self.redis_url, postgres_url=self.postgres_url)
        arguments = [*command, "run", "--config", str(self.configuration), "--http", "127.0.0.1:0"]
        arguments += [part for role in roles for part in ("--role", role)]
        folder = self.folder / f"program-{len(self.programs)}"
        tells = "Dashboard" if not roles or "web" in roles else "Health"
        program = Program(arguments, {**told, **(environment or {})}, folder=folder, tells=tells)
        self.programs.append(program)
        await program.ready()
        return program

    async def push(self, *lines: FeedLine, to: Program | None = None) -> None:
        """Push to the newest program until it has taken them; what should be told of them is expected from now on."""
        self.heard += [line for line in lines if isinstance(line, Heard)]
        await self.push_again(*lines, to=to)

    async def push_again(self, *lines: FeedLine, to: Program | None = None) -> None:
        """Push what was pushed already, or what is not expected to be told."""
        body = "\n".join(json.dumps(json.loads(encode(line))) for line in lines)  # ASCII, whatever names there are
        headers = {"authorization": f"Bearer {_EVENTS_TOKEN}"}
        async with httpx.AsyncClient(base_url=(to or self.programs[-1]).address, timeout=PATIENCE) as web:

            async def is_taken() -> bool:
                answer = await web.post("/v1/events", content=body, headers=headers)
                assert answer.status_code in (_TAKEN, _TOO_MANY), answer.text
                return answer.status_code == _TAKEN

            await until(is_taken, "what was pushed is taken")

    def told(self) -> Counter[Pair]:
        """Who was told of what by now, and how often."""
        return self.telegram.of({heard.token.address for heard in self.heard})

    async def until_told(self, number: int) -> None:
        """Wait until so many alerts have arrived."""
        await self._until(lambda: self.told().total() >= number, f"{number} alerts arrived")

    async def until_all_told(self) -> None:
        """Wait until everybody was told of everything that is expected by now."""
        wanted = expected(self.wanted, self.heard)
        await self._until(lambda: not wanted - self.told(), "everybody was told")

    async def until_history_has_whom_to_tell(self) -> None:
        """Wait until PostgreSQL knows who is to be told; how telling them ended it may not know yet."""
        number = expected(self.wanted, self.heard).total()
        async with connected(self.database) as connection:

            async def is_there() -> bool:
                return await connection.fetchval(f"SELECT count(*) {_TELLING}") == number

            await self._until(is_there, "history has whom to tell")

    async def until_history_knows(self) -> None:
        """Wait until PostgreSQL has one row of every alert, with its end; no event is there twice."""
        wanted = expected(self.wanted, self.heard)
        async with connected(self.database) as connection:

            async def is_complete() -> bool:
                return await _told(connection) == wanted

            await self._until(is_complete, "history has every alert once")
            judged = Counter(row["event"] for row in await connection.fetch("SELECT event FROM token_events"))
        assert set(judged.values()) <= {1}

    async def until_nothing_waits(self) -> None:
        """Wait until nothing is to be judged, sent or relayed any more."""
        async with self.queues() as queues:

            async def is_empty() -> bool:
                return not any([await queue.length() for queue in queues.values()])

            await self._until(is_empty, "nothing waits")

    async def until_nothing_is_judged_or_relayed(self) -> None:
        """Wait until nothing is to be judged or relayed any more; much may be owed."""
        async with self.queues() as queues:

            async def is_empty() -> bool:
                return not any([await queues[name].length() for name in ("events", "journal")])

            await self._until(is_empty, "everything is judged and relayed")

    async def ends_well(self, *, doubled: int = 0) -> None:
        """Everybody is told once, the program ends in good order, history knows; at most so many were told twice."""
        await self.until_all_told()
        await self.until_history_knows()
        await self.until_nothing_waits()
        assert await self.programs[-1].stopped() == 0, self.complaints()
        told, wanted = self.told(), expected(self.wanted, self.heard)
        assert set(told) == set(wanted)
        assert (told - wanted).total() <= doubled, self.complaints()
        await self.until_history_knows()

    async def dead_letters(self) -> list[dict]:
        """What `tokenfilter dead list` shows."""
        arguments = ["-m", "tokenfilter", "dead", "list", "--json", "--config", str(self.configuration)]
        environment = self._environment("the-operator", redis_url=self.valkey.url, postgres_url=self.database)
        program = Program(arguments, environment, folder=self.folder / "dead", tells="nothing")
        assert await program.ended() == 0, program.complained
        return json.loads(program.said)

    def complaints(self) -> str:
        """What the programs wrote to standard error."""
        return "\n".join(f"--- {number}\n{program.complained}" for number, program in enumerate(self.programs))

    def tidy(self) -> None:
        """End every program."""
        for program in self.programs:
            program.tidy()

    async def _until(self, is_so, what: str) -> None:
        """As `until`; a failure shows what the programs said."""
        try:
            await until(is_so, what)
        except AssertionError as late:
            missing = (expected(self.wanted, self.heard) - self.told()).total()
            raise AssertionError(f"{late}; {missing} alerts are missing\n{self.complaints()}") from None

    def _container(self) -> Container:
        environment = self._environment("the-test", redis_url=self.valkey.url, postgres_url=self.database)
        return Container(settings=load(self.configuration, environ=environment))

    def _environment(self, instance: str, *, redis_url: str, postgres_url: str) -> dict[str, str]:
        return {
            "TOKENFILTER_TELEGRAM__TOKEN": SANDBOX_TOKEN,
            "TOKENFILTER_TELEGRAM__BASE_URL": self.telegram.base_url,
            "TOKENFILTER_HTTP__EVENTS_TOKEN": _EVENTS_TOKEN,
            "TOKENFILTER_REDIS__URL": redis_url,
            "TOKENFILTER_REDIS__INSTANCE": instance,
            "TOKENFILTER_POSTGRES__URL": postgres_url,
            "TOKENFILTER_EMBEDDED__DIRECTORY": str(self.folder / "var"),
        }


async def _told(connection: asyncpg.Connection) -> Counter[Pair]:
    """Every alert of which history knows that it was told."""
    return Counter((row["address"], ChatId(row["chat"])) for row in await connection.fetch(_TOLD))
