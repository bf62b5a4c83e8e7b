"""Whether Redis answers, may be written to, and is the one it was; and what it must be like to be used at all.

Raising the alarm, and what goes on without it, is decided by who asks.
"""

import asyncio
import re
from collections.abc import Iterator, Mapping
from secrets import token_hex
from typing import Any

from redis.exceptions import NoPermissionError

from tokenfilter.adapters.redis.connection import RedisConnection, translated
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.ports.failures import RefusedError, UnavailableError
from tokenfilter.ports.health_probe import HealthProbe

OLDEST_SERVER = (7, 0)

_DEADLINE = 1.9
"""Seconds for all that is asked: the port promises two."""


class RedisHealthProbe(HealthProbe):
    """Its state's name is a random word that the first who asks writes: what was emptied has another."""

    def __init__(self, connection: RedisConnection, keys: Keys) -> None:
        self._connection = connection
        self._epoch = f"{keys.prefix}epoch"

    @property
    def name(self) -> str:
        return "redis"

    async def probe(self) -> str:
        try:
            async with asyncio.timeout(_DEADLINE):
                return await self._probe()
        except TimeoutError:
            raise UnavailableError("redis does not answer", acted=None) from None

    async def _probe(self) -> str:
        with translated():
            asked = self._connection.writes.pipeline(transaction=False)
            asked.ping()
            asked.info("replication")
            asked.info("persistence")
            _, replication, persistence = await asked.execute()
            why = unusable({**replication, **persistence})
            if why is not None:
                raise UnavailableError(why)
            return await _first(self._connection, self._epoch, token_hex(8))


async def check_server(connection: RedisConnection) -> list[str]:
    """What an operator should know of the server before it is used, each a sentence.

    Raises:
        RefusedError: it would lose what it is given, or cannot do what is asked of it; the message says what to change.
        UnavailableError: it does not answer.
    """
    with translated():
        try:
            found = await connection.reads.info("everything")
        except NoPermissionError:
            return ["Redis does not let this user ask INFO: its version and its settings could not be checked."]
    refused = unfit(found)
    if refused is not None:
        raise RefusedError(refused)
    return list(warnings(found))


async def check_partitions(connection: RedisConnection, keys: Keys) -> None:
    """Fix the number of partitions at first use.

    Raises:
        RefusedError: it was fixed to another: tokens would be looked for where they are not.
        UnavailableError: it does not answer.
    """
    wanted = str(keys.partitions)
    with translated():
        fixed = await _first(connection, f"{keys.prefix}partitions", wanted)
    if fixed != wanted:
        raise RefusedError(
            f"This Redis was first used with {fixed} partitions and is asked to serve {wanted}. "
            f"Set the number back to {fixed}, or start with another prefix."
        )


def unusable(found: Mapping[str, Any]) -> str | None:
    """Why a server that answers cannot be used now, from its INFO; None if it can."""
    if found.get("loading"):
        return "redis is still loading its data"
    if found.get("role") != "master":
        return f"redis is no master but {found.get('role')}: it takes no writes"
    return None


def unfit(found: Mapping[str, Any]) -> str | None:
    """Why a server must not be used at all, from its INFO; None if it may."""
    version = str(found.get("redis_version", ""))
    if "valkey_version" not in found and _numbers(version) < OLDEST_SERVER:
        return f"Redis {version or 'of an unknown version'} is too old: version 7.0 or newer, or Valkey, is needed."
    policy = found.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        return (
            f"Redis may throw away what it is given (maxmemory-policy {policy}): alerts would be lost or told twice. "
            "Set maxmemory-policy to noeviction."
        )
    return None


def warnings(found: Mapping[str, Any]) -> Iterator[str]:
    """What makes a server less than safe, from its INFO."""
    if not found.get("aof_enabled"):
        yield "Redis keeps no append-only file: what was not saved when it ends is lost. Set appendonly to yes."
    if "maxmemory_policy" not in found:
        yield "Redis does not say its maxmemory-policy: make sure that it is noeviction."


async def _first(connection: RedisConnection, key: str, value: str) -> str:
    """Write a value where there is none yet; returns what is there."""
    found = await connection.writes.set(key, value, nx=True, get=True)
    return value if found is None else str(found)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:2]))
