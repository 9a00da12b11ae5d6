"""Schema: which revision the database is at, and the way to the newest."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from latency_service.contract.errors import ServiceUnavailable
from latency_service.database import Database


def migrate(database: Database) -> str:
    """Bring the database to the newest revision, in one transaction, and return that revision.

    Raises:
        ServiceUnavailable: The database is at a revision that this version of the service does not know.
    """
    with database.connecting() as connection:
        try:
            migrate_to(connection, "head")
        except CommandError as error:
            raise ServiceUnavailable(f"the database was written by another version: {error}") from error
    return newest_revision()


def migrate_to(connection: Connection, revision: str) -> None:
    """Bring the connection's database to a revision, within the transaction that the connection is in."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def check_is_current(database: Database) -> None:
    """Return where the database answers and is at the newest revision.

    Raises:
        ServiceUnavailable: It is at another one; the message says what to do.
    """
    with database.engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    if revision != newest_revision():
        raise ServiceUnavailable(
            f"the database is at revision {revision}, and this service needs {newest_revision()}; "
            "run `latency-service migrate`"
        )


@cache
def newest_revision() -> str:
    """Return the revision that this version of the service needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
