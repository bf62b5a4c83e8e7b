"""What is stale, told between processes over a channel of Redis.

Redis keeps nothing for who does not listen, so every subscribing, the first included, is told as "something may have
been missed". A listener that reads too slowly is cut off by the server, and hears that when it is back.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from redis.asyncio.client import PubSub
from redis.backoff import EqualJitterBackoff

from tokenfilter.adapters.redis.connection import RedisConnection, translated
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.adapters.redis.stored import read
from tokenfilter.domain.plain.fields import Plain, object_of, optional_text, text
from tokenfilter.domain.plain.text import dumps
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.invalidations import Invalidations, Stale

_QUIET_FOR = 5.0
"""Seconds without a word after which the server is asked whether it is there, and may take as long to answer."""

_AGAIN = EqualJitterBackoff(base=0.1, cap=5.0)
_MOST_DOUBLINGS = 10


class RedisInvalidations(Invalidations):
    """One connection a listener, made anew whenever it is lost."""

    def __init__(self, connection: RedisConnection, keys: Keys) -> None:
        self._connection = connection
        self._channel = f"{keys.prefix}stale"

    async def tell(self, stale: Stale) -> None:
        with translated():
            await self._connection.writes.publish(self._channel, _spelt(stale))

    async def heard(self) -> AsyncIterator[Stale | None]:
        client = self._connection.blocking()
        failures = 0
        try:
            while True:
                listening = client.pubsub()
                with suppress(UnavailableError):
                    try:
                        await self._subscribe(listening)
                        while True:
                            message = await _next(listening)
                            if message["type"] in ("subscribe", "message"):
                                failures = 0
                                yield read(message["data"], _from_plain) if message["type"] == "message" else None
                    finally:
                        await listening.aclose()  # type: ignore[no-untyped-call]
                failures += 1
                await asyncio.sleep(_AGAIN.compute(min(failures, _MOST_DOUBLINGS)))
        finally:
            await client.aclose(close_connection_pool=True)

    async def _subscribe(self, listening: PubSub) -> None:
        with translated():
            await listening.subscribe(self._channel)


async def _next(listening: PubSub) -> dict[str, Any]:
    """What the server says next; a server that does not answer is one that is gone."""
    with translated():
        for _ in range(2):
            message = await listening.get_message(timeout=_QUIET_FOR)
            if message is not None:
                return dict(message)
            await listening.ping()
    raise UnavailableError("redis does not answer")


def _spelt(stale: Stale) -> str:
    return dumps({"cache": stale.cache} if stale.key is None else {"cache": stale.cache, "key": stale.key})


def _from_plain(plain: Plain) -> Stale:
    plain = object_of(plain, "stale")
    return Stale(cache=text(plain, "cache"), key=optional_text(plain, "key"))
