"""Whether PostgreSQL answers, and whether it is still the same database."""

import asyncio

from sqlalchemy import text

from tokenfilter.adapters.postgres.engine import PostgresEngine, translated
from tokenfilter.ports.health_probe import HealthProbe

_DEADLINE = 2
_IDENTITY = text(
    "SELECT (SELECT system_identifier FROM pg_control_system()) || '.' || oid"
    " FROM pg_database WHERE datname = current_database()"
)


class PostgresHealthProbe(HealthProbe):
    """The state's name is the cluster's own number and the database's in it: both survive a restart and a failover."""

    def __init__(self, engine: PostgresEngine) -> None:
        self._engine = engine

    @property
    def name(self) -> str:
        return "postgres"

    async def probe(self) -> str:
        with translated():
            async with asyncio.timeout(_DEADLINE):
                rows = await self._engine.fetch(_IDENTITY)
        return str(rows[0][0])
