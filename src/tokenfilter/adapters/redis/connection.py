"""How Redis is reached: a client for each purpose, scripts, and the errors that may leave this folder.

The defaults of redis-py repeat writes blindly and wait for a minute; these clients do neither. What is asked stands in
the adapters.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha1
from importlib.resources import files
from time import perf_counter
from typing import Any, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import EqualJitterBackoff, NoBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError

from tokenfilter.ports.failures import StaleOwnerError, UnavailableError

Fields = Mapping[str, str]
"""What a stream entry holds; empty if it was deleted."""

Argument = str | bytes | int | float
"""What a script takes."""

_T = TypeVar("_T")
_NOTHING_DONE = frozenset(
    {"ASK", "BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "MISCONF", "MOVED"}
    | {"NOAUTH", "NOPERM", "NOREPLICAS", "OOM", "READONLY", "TRYAGAIN", "WRONGPASS"}
)
_READ_RETRIES = 2
_READ_DEADLINE = 0.5
"""Seconds: three of them and the pauses between make less than two."""

_POOL_WAIT = 2.0
_SHOWN = 200


_SCRIPTS: dict[str, str] = {}
"""The names of scripts by their digest."""


class Script:
    """A script of lua/, with the `pieces` it is written on; its header says what KEYS and ARGV it takes."""

    def __init__(self, name: str, *pieces: str) -> None:
        folder = files(__package__) / "lua"
        self.name = name
        self.source = "\n".join((folder / f"{part}.lua").read_text(encoding="utf-8") for part in (*pieces, name))
        self.sha = sha1(self.source.encode(), usedforsecurity=False).hexdigest()
        _SCRIPTS[self.sha] = name


class RedisConnection:
    """Clients by purpose, made at once and connected lazily.

    `url` is redis://, rediss:// or unix://, with the password in it; `deadline` is what one answer may take, in
    seconds. `told` hears how long each command took, but those of readers that block.
    """

    def __init__(
        self,
        url: str,
        *,
        pool: int = 20,
        deadline: float = 1.5,
        told: Callable[[str, float], None] = lambda _name, _seconds: None,
    ) -> None:
        self._url = url
        self._deadline = deadline
        self._tasks: set[asyncio.Task[Any]] = set()
        backoff = EqualJitterBackoff(base=0.05, cap=0.2)
        self.reads = self._client(pool, min(deadline, _READ_DEADLINE), Retry(backoff, _READ_RETRIES))
        """For what changes nothing: asked again twice, all within two seconds."""
        self.writes = self._client(pool, deadline, Retry(NoBackoff(), 0))
        """For what does: never repeated by itself."""
        self._clients = [self.reads, self.writes]
        for client in self._clients:
            _time(client, told)

    @property
    def longest_block(self) -> int:
        """How long a blocking command may wait, in milliseconds; its answer may take a deadline more."""
        return int(self._deadline * 1_000 * 2 / 3)

    def blocking(self) -> Redis:
        """A client of its own with one connection, for one reader that blocks."""
        client = self._client(1, self._deadline + self.longest_block / 1_000, Retry(NoBackoff(), 0))
        self._clients.append(client)
        return client

    async def run(self, script: Script, keys: Sequence[str], args: Sequence[Argument]) -> Any:  # noqa: ANN401 - what a script answers is known where it is run
        """Run a script once.

        Raises:
            UnavailableError: it cannot be known whether it ran; with `acted` False it did not.
            StaleOwnerError: it answered that another owns the keys now, and changed nothing.
        """
        with translated():
            try:
                return await self.writes.evalsha(script.sha, len(keys), *keys, *args)
            except NoScriptError:
                return await self.writes.eval(script.source, len(keys), *keys, *args)

    def start(self, work: Coroutine[Any, Any, _T]) -> "asyncio.Task[_T]":
        """A task that ends with the connection, if not before."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End what was started and close every client. Repeating is safe."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for client in self._clients:
            await client.aclose(close_connection_pool=True)

    def _client(self, pool: int, deadline: float, retry: Retry) -> Redis:
        connections = BlockingConnectionPool.from_url(
            self._url,
            max_connections=pool,
            timeout=_POOL_WAIT,
            socket_timeout=deadline,
            socket_connect_timeout=min(deadline, self._deadline),
            health_check_interval=30,
            retry=retry,
            protocol=2,
            legacy_responses=False,
            decode_responses=True,
            encoding_errors="replace",  # what is not UTF-8 is not ours: it must spoil one entry, not every reading
        )
        kind = connections.connection_class
        connections.connection_class = type(kind.__name__, (_HeedsCancelling, kind), {})
        return Redis(connection_pool=connections)


def _time(client: Redis, told: Callable[[str, float], None]) -> None:
    """Have each command of a client told with its seconds, a script by its own name."""
    execute = client.execute_command

    async def timed(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - passed on as they are
        began = perf_counter()
        try:
            return await execute(*args, **options)  # type: ignore[no-untyped-call]
        finally:
            name = _SCRIPTS.get(args[1], "script") if args[0] == "EVALSHA" else str(args[0]).lower()
            told(f"redis.{name}", perf_counter() - began)

    client.execute_command = timed  # type: ignore[method-assign]


class _HeedsCancelling:
    """Ends a send whose task was cancelled meanwhile.

    redis-py sends under `asyncio.wait_for`, which until Python 3.12 forgets a cancellation that comes just when it is
    done (python/cpython#86296): a program that stops would wait for its readers for ever.
    """

    async def send_packed_command(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on as they are
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        await super().send_packed_command(*args, **kwargs)  # type: ignore[misc]
        if task and task.cancelling() > before:
            await self.disconnect(nowait=True)  # type: ignore[attr-defined] # the answer must not become another's
            raise asyncio.CancelledError


@contextmanager
def translated(acted: bool | None = None) -> Iterator[None]:  # noqa: FBT001 - three-valued, as in the failure
    """Every error of redis-py, as a failure that may cross a port.

    `acted` is what the failure says of a command whose answer is not known. A message names neither host nor password.
    """
    try:
        yield
    except ResponseError as error:
        word = _word(error)
        if word == "STALE":
            raise StaleOwnerError(str(error)) from None
        text = str(error) if error.status_code is None else f"{word} {error}"
        raise UnavailableError(f"redis: {text[:_SHOWN]}", acted=False if word in _NOTHING_DONE else acted) from None
    except RedisError as error:
        word = _word(error)
        refused = word in _NOTHING_DONE
        why = word if refused else _cause(error)
        raise UnavailableError(f"redis cannot be used: {why}", acted=False if refused else acted) from None
    except OSError as error:
        raise UnavailableError(f"redis cannot be reached: {_cause(error)}", acted=acted) from None


def entries(reply: Any) -> dict[str, list[tuple[str, Fields]]]:  # noqa: ANN401 - whatever the protocol makes of it
    """The entries by stream, of any form of answer to XREAD and XREADGROUP."""
    pairs = reply.items() if isinstance(reply, Mapping) else reply or ()
    return {stream: [(entry_id, fields or {}) for entry_id, fields in found] for stream, found in pairs}


def _word(error: RedisError) -> str:
    """The server's own word for what is wrong; empty if it is not the server who says so."""
    if error.status_code:
        return error.status_code
    first = str(error).partition(" ")[0]
    return first if isinstance(error, ResponseError) and first.isupper() else ""


def _cause(error: BaseException) -> str:
    """What is wrong with the way there, without naming where it leads."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno:
            return os.strerror(seen.errno)
        seen = seen.__cause__ or seen.__context__
    return type(error).__name__
