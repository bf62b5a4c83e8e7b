"""Everything PostgreSQL keeps in one file, and back: a zip of one CSV a table, with a manifest that says what is whole.

The file holds what people set and did, so only its owner may read it. It is made as of one instant while the program
runs, and goes into an empty database at the same step of migrations.
"""

import asyncio
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import asyncpg
from sqlalchemy import Table, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from tokenfilter.adapters.postgres.maintenance import connected, exclusively
from tokenfilter.adapters.postgres.migrate import step_of
from tokenfilter.adapters.postgres.partitions import DATED, days, make
from tokenfilter.adapters.postgres.tables_money import metadata
from tokenfilter.ports.failures import RefusedError

_MANIFEST = "manifest.json"
_PIECE = 256 * 1024
_DEADLINE = 12 * 3_600
_GO_ON = text("SELECT setval('token_events_seq', max(seq)) FROM token_events")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What the manifest says of a table; `days` are those with a partition of their own."""

    rows: int
    sha256: str
    days: list[str]


async def backup(url: str, file: Path) -> Mapping[str, int]:
    """Write every table into `file`, as of one instant; returns the number of rows by table.

    A file of that name is replaced once the new one is whole.

    Raises:
        UnavailableError: the database cannot be read.
        RefusedError: the file cannot be written.
    """
    unfinished = file.with_name(f"{file.name}.part")
    try:
        with _about(file), os.fdopen(os.open(unfinished, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as opened:
            entries = await _write(url, opened)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return {name: entry.rows for name, entry in entries.items()}


async def restore(url: str, file: Path) -> Mapping[str, int]:
    """Fill empty tables from `file`; returns the number of rows by table. All of it is restored or nothing.

    Raises:
        UnavailableError: the database cannot be written; whether it was is not known.
        RefusedError: the file is none of ours or damaged, the database is not empty or at another step of migrations.
    """
    with _about(file), ZipFile(file) as source:
        step, entries = await asyncio.to_thread(_checked, source)
        async with connected(url, deadline=_DEADLINE) as connection, exclusively(connection):
            await _check_target(connection, step)
            for table in metadata.sorted_tables:
                await _fill(connection, table, source, entries[table.name])
            await connection.execute(_GO_ON)
    return {name: entry.rows for name, entry in entries.items()}


async def _write(url: str, opened: IO[bytes]) -> dict[str, _Entry]:
    entries: dict[str, _Entry] = {}
    with ZipFile(opened, "w", ZIP_DEFLATED, compresslevel=1) as into:
        async with connected(url, deadline=_DEADLINE) as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            step = await connection.run_sync(step_of)
            for table in metadata.sorted_tables:
                own = sorted(map(str, await days(connection, table))) if table in DATED else []
                with into.open(_csv(table), "w", force_zip64=True) as csv:
                    hashed = _Hashed(csv)
                    told = await (await _driver(connection)).copy_from_query(
                        f"SELECT {', '.join(_columns(table))} FROM {table.name}",  # noqa: S608
                        output=hashed,
                        format="csv",
                        header=True,
                    )
                entries[table.name] = _Entry(rows=_rows(told), sha256=hashed.digest, days=own)
        tables = {name: asdict(entry) for name, entry in entries.items()}
        into.writestr(_MANIFEST, json.dumps({"step": step, "tables": tables}, indent=1))
    return entries


async def _fill(connection: AsyncConnection, table: Table, source: ZipFile, entry: _Entry) -> None:
    for day in entry.days:
        await make(connection, table, date.fromisoformat(day))
    driver = await _driver(connection)
    with source.open(_csv(table)) as csv:
        told = await driver.copy_to_table(table.name, source=csv, columns=_columns(table), format="csv", header=True)
    if _rows(told) != entry.rows:
        raise RefusedError(f"{_csv(table)} has {_rows(told)} rows instead of {entry.rows}")


class _Hashed:
    """Writes on, and knows the digest of what was written."""

    def __init__(self, into: IO[bytes]) -> None:
        self._into = into
        self._digest = hashlib.sha256()

    def write(self, piece: bytes) -> int:
        self._digest.update(piece)
        return self._into.write(piece)

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


def _checked(source: ZipFile) -> tuple[str, dict[str, _Entry]]:
    """What the manifest says, once every table is found to be what it was."""
    manifest = json.loads(source.read(_MANIFEST))
    entries = {name: _Entry(**entry) for name, entry in manifest["tables"].items()}
    for table in metadata.sorted_tables:
        digest = hashlib.sha256()
        with source.open(_csv(table)) as csv:
            while piece := csv.read(_PIECE):
                digest.update(piece)
        if digest.hexdigest() != entries[table.name].sha256:
            raise RefusedError(f"{_csv(table)} is damaged")
    return manifest["step"], entries


async def _check_target(connection: AsyncConnection, step: str) -> None:
    here = await connection.run_sync(step_of)
    if here != step:
        raise RefusedError(f"the backup is of step {step}, the database at {here}: migrate, with the version of then")
    for table in metadata.sorted_tables:
        if await connection.scalar(select(select(table).exists())):
            raise RefusedError(f"the database is not empty: {table.name} has rows")


@contextmanager
def _about(file: Path) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, BadZipFile):
        raise RefusedError(f"{file.name} is no backup of ours, or damaged") from None
    except OSError as error:
        raise RefusedError(f"{file.name}: {error.strerror}") from None


async def _driver(connection: AsyncConnection) -> "asyncpg.Connection[asyncpg.Record]":
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, asyncpg.Connection)  # noqa: S101 - which engine.py chose
    return driver


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _rows(told: str) -> int:
    """How many rows a COPY says it has copied."""
    return int(told.split()[-1])


def _csv(table: Table) -> str:
    return f"{table.name}.csv"
