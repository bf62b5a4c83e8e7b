"""Bring a database's tables to what this version needs; several starts at once do it once.

The steps themselves are in migrations/.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from tokenfilter.adapters.postgres.maintenance import connected, exclusively
from tokenfilter.ports.failures import RefusedError


class DatabaseTooNewError(RefusedError):
    """A later version of this program has changed the tables; the message names the step."""


async def migrate(url: str) -> list[str]:
    """Take the missing steps in one transaction and name them, oldest first; none if there is nothing to do.

    A second call waits for the first one and finds nothing left. Either all steps are taken or none.

    Raises:
        UnavailableError: the database cannot be reached.
        DatabaseTooNewError: the tables are a later version's.
        RefusedError: a step contradicts what is stored.
    """
    async with connected(url) as connection, exclusively(connection):
        return await connection.run_sync(_upgrade)


async def pending(url: str) -> list[str]:
    """Name the steps that `migrate` would take.

    Raises:
        UnavailableError: the database cannot be reached.
        DatabaseTooNewError: the tables are a later version's.
    """
    async with connected(url) as connection:
        return await connection.run_sync(_missing)


def step_of(connection: Connection) -> str | None:
    """The last step that was taken, None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> list[str]:
    missing = _missing(connection)
    if missing:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return missing


def _missing(connection: Connection) -> list[str]:
    taken = step_of(connection)
    steps = [step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()][::-1]
    if taken is None:
        return steps
    if taken not in steps:
        raise DatabaseTooNewError(f"the database is at step {taken}, which this version does not know")
    return steps[steps.index(taken) + 1 :]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
