"""Many rows in one statement of one shape, however many they are: each column comes as an array.

That is quicker by far than a statement a row, and the server plans it once. What a conflict means, the writer says.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ARRAY, Column, Insert, Table, TableValuedAlias, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.dialects.postgresql.dml import Insert as PostgresInsert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine


class ManyRows:
    """Inserts rows of these columns, given in their order (JSONB as text); `otherwise` says what a conflict does."""

    def __init__(self, table: Table, *names: str, otherwise: Callable[[PostgresInsert], Insert]) -> None:
        self._columns = [table.c[name] for name in names]
        rows = rows_of(self._columns)
        picked = [cast(rows.c[c.name], JSONB) if isinstance(c.type, JSONB) else rows.c[c.name] for c in self._columns]
        self._statement = otherwise(insert(table).from_select(names, select(*picked)))

    async def insert(self, connection: AsyncConnection, rows: Collection[Sequence[object]]) -> Sequence[Any]:
        """Insert all; what the statement returns, if it returns rows."""
        if not rows:
            return ()
        result = await connection.execute(self._statement, as_arrays(self._columns, rows))
        return result.all() if result.returns_rows else ()


def rows_of(columns: Iterable[Column[Any]]) -> TableValuedAlias:
    """A table of so many columns, whose rows come with the statement."""
    sent = {c.name: _sent_as(c) for c in columns}
    arrays = (bindparam(name, type_=ARRAY(kind)) for name, kind in sent.items())
    named = (column(name, kind) for name, kind in sent.items())
    return func.unnest(*arrays).table_valued(*named).render_derived()


def as_arrays(columns: Iterable[Column[Any]], rows: Iterable[Sequence[object]]) -> dict[str, list[object]]:
    """The rows of such a table as the statement's values."""
    names = (c.name for c in columns)
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def keep_first(statement: PostgresInsert) -> Insert:
    """What is there already stays as it is."""
    return statement.on_conflict_do_nothing()


def _sent_as(of: Column[Any]) -> TypeEngine[Any]:
    return Text() if isinstance(of.type, JSONB | Text) else of.type
