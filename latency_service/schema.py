"""Schema: which revision the database is at, and the way to the newest."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from latency_service.contract.errors import ServiceUnavailable
from latency_service.database import Database
from latency_service.engines import is_sqlite

#: Of PostgreSQL's advisory locks; any number that nobody else uses.
_MIGRATION_LOCK = 0x6C61746E6379  # "latncy"


def migrate(database: Database) -> str:
    """Bring the database to the newest revision, in one transaction, and return that revision.

    Where several do so at once, the others wait for the first and find nothing left to do.

    Raises:
        ServiceUnavailable: The database is at a revision that this version of the service does not know.
    """
    with database.connecting() as connection:
        try:
            _wait_for_others(connection)
            migrate_to(connection, "head")
        except CommandError as error:
            raise ServiceUnavailable(f"the database was written by another version: {error}") from error
    return newest_revision()


def migrate_to(connection: Connection, revision: str) -> None:
    """Bring the connection's database to a revision, within the transaction that the connection is in."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def migrate_back_to(connection: Connection, revision: str) -> None:
    """Bring the connection's database back to an older revision; what that cannot hold is lost."""
    config = _config()
    config.attributes["connection"] = connection
    command.downgrade(config, revision)


def current_revision(database: Database) -> str | None:
    """Return the revision that the database is at; None where it is empty."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def check_is_current(database: Database) -> None:
    """Return where the database answers and is at the newest revision.

    Raises:
        ServiceUnavailable: It is at another one; the message says what to do.
    """
    revision = current_revision(database)
    if revision != newest_revision():
        found = "is empty" if revision is None else f"is at revision {revision}"
        raise ServiceUnavailable(
            f"the database {found}, and this service needs revision {newest_revision()}; run `latency-service migrate`"
        )


@cache
def newest_revision() -> str:
    """Return the revision that this version of the service needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def _wait_for_others(connection: Connection) -> None:
    """Hold every other migration off until the transaction ends, and let no limit cut this one short."""
    if is_sqlite(connection):  # whose only writer this transaction is
        return
    for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        connection.execute(text(f"SET LOCAL {limit} = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
