"""What 0004 does to the references of lent jobs, on both engines."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, inspect

from latency_service import schema
from latency_service.database import Database
from tests import old_databases

TABLES = ("jobs", "lease_jobs")


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    """A database as revision 0003 left it, in use."""
    database = Database(empty_database_url)
    with database.connecting() as connection:
        schema.migrate_to(connection, "0003")
        old_databases.fill(connection)
    yield database
    database.close()


def references(connection: Connection) -> set[str | None]:
    found = inspect(connection)
    return {key["name"] for table in TABLES for key in found.get_foreign_keys(table)}


def indexes(connection: Connection) -> set[str | None]:
    found = inspect(connection)
    return {index["name"] for table in TABLES for index in found.get_indexes(table)}


def test_only_what_lending_writes_is_not_checked_any_more(database: Database) -> None:
    with database.connecting() as connection:
        before, indexed = references(connection), indexes(connection)
    schema.migrate(database)
    with database.connecting() as connection:
        dropped = before - references(connection)
        assert dropped == {"fk_jobs_lease_token", "fk_lease_jobs_lease_token", "fk_lease_jobs_job_id"}
        assert indexes(connection) == indexed


def test_the_way_back_checks_them_again(database: Database) -> None:
    with database.connecting() as connection:
        before, indexed = references(connection), indexes(connection)
    schema.migrate(database)
    with database.connecting() as connection:
        schema.migrate_back_to(connection, "0003")
        assert (references(connection), indexes(connection)) == (before, indexed)
