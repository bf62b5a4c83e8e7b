"""The pooled way to PostgreSQL: nothing is opened before it is needed, and nothing waits for ever.

What is asked is the business of the files beside; what a failure means for them is decided by `translated`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from time import perf_counter
from typing import Any

import asyncpg
from sqlalchemy import URL, Engine, Executable, Row, event, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from tokenfilter.domain.plain.fields import NotStoredFormError
from tokenfilter.domain.plain.text import loads
from tokenfilter.ports.failures import RefusedError, UnavailableError

AnyRow = Row[*tuple[Any, ...]]

_RECYCLED_AFTER = 1_800
_IDLE_IN_TRANSACTION_MS = 10_000
_STATEMENTS_A_TRANSACTION = 10
"""A transaction may take as long as so many of its statements may."""

_DATA_AT_FAULT = ("22", "23", "54")
"""SQLSTATE classes: data exception, integrity constraint violation, program limit exceeded (a key too long)."""


def async_url(url: str) -> URL:
    """The URL as SQLAlchemy wants it: for asyncpg, whose word for libpq's `sslmode` is `ssl`."""
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    mode = parsed.query.get("sslmode")
    return parsed if mode is None else parsed.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})


class PostgresEngine:
    """A pool of `pool_min` to `pool_max` connections to one database.

    `command_timeout` is the most seconds to wait for a connection, and for the answer to a statement, which the server
    itself gives up after `statement_timeout_ms`. A half-open connection is noticed by the former alone.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_min: int = 5,
        pool_max: int = 20,
        command_timeout: float = 2.0,
        statement_timeout_ms: int = 5_000,
        told: Callable[[str, float], None] = lambda _name, _seconds: None,
    ) -> None:
        self._wait = command_timeout
        self._longest = command_timeout * _STATEMENTS_A_TRANSACTION
        self._engine = create_async_engine(
            async_url(url),
            pool_size=pool_min,
            max_overflow=pool_max - pool_min,
            pool_timeout=command_timeout,
            pool_pre_ping=True,
            pool_recycle=_RECYCLED_AFTER,
            hide_parameters=True,
            json_deserializer=loads,
            connect_args={
                "timeout": command_timeout,
                "command_timeout": command_timeout,
                "server_settings": {
                    "application_name": "tokenfilter",
                    "timezone": "UTC",
                    "statement_timeout": str(statement_timeout_ms),
                    "idle_in_transaction_session_timeout": str(_IDLE_IN_TRANSACTION_MS),
                },
            },
        )
        _time(self._engine.sync_engine, told)
        self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    async def close(self) -> None:
        """Close every connection; the engine opens new ones if it is used again.

        Those of a server that fell silent are left to the operating system, together, not one after the other.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(self._wait):
                await self._engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, committed when the block ends well.

        Raises:
            UnavailableError: it may have been committed or not.
            RefusedError: it was not, and never will be with these values.
        """
        with translated(acted=None):
            async with asyncio.timeout(self._longest), self._engine.begin() as connection:
                yield connection

    async def fetch(self, statement: Executable, values: Mapping[str, object] | None = None) -> Sequence[AnyRow]:
        """All rows of one read, outside of any transaction.

        Raises:
            UnavailableError: nothing could be read.
            RefusedError: the values can never be asked for.
        """
        with translated():
            async with asyncio.timeout(self._longest), self._autocommit.connect() as connection:
                return (await connection.execute(statement, values)).all()


def _time(engine: Engine, told: Callable[[str, float], None]) -> None:
    """Have each statement told by its first word, with its seconds."""

    def begin(*told_of: Any) -> None:  # noqa: ANN401 - connection, cursor, statement, values, context, many
        told_of[4].began = perf_counter()

    def end(*told_of: Any) -> None:  # noqa: ANN401 - the same
        words = told_of[2].split(maxsplit=1)
        told(f"postgres.{words[0].lower() if words else 'statement'}", perf_counter() - told_of[4].began)

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)


@contextmanager
def translated(*, acted: bool | None = False) -> Iterator[None]:
    """Raise what PostgreSQL and the way to it raise as failures of a port, `acted` as given.

    No message holds a statement, a value or an address: only the error's class, its SQLSTATE and the constraint's name.
    """
    try:
        yield
    except DBAPIError as error:
        raise _failure((error.orig and error.orig.__cause__) or error, acted=acted) from None
    except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise _failure(error, acted=acted) from None
    except NotStoredFormError as error:
        raise UnavailableError(f"postgres holds what this version cannot read: {error}") from None


def _failure(error: BaseException, *, acted: bool | None) -> UnavailableError | RefusedError:
    state = getattr(error, "sqlstate", None)
    known = (state, getattr(error, "constraint_name", None))
    said = " ".join(("postgres:", type(error).__name__, *(word for word in known if word)))
    if state and state[:2] in _DATA_AT_FAULT:
        return RefusedError(said)
    return UnavailableError(said, acted=acted)
