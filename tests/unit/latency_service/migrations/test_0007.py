"""What 0007 does to profiles and snapshots, on both engines."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, inspect, text

from latency_service import schema
from latency_service.database import Database
from tests import old_databases

COPY = (
    "INSERT INTO snapshots (id, table_id, content, encoding, entries, predicted, created_at) "
    "SELECT 'quick', table_id, content, encoding, entries, 3, created_at FROM snapshots"
)


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    """A database as revision 0006 left it, in use."""
    database = Database(empty_database_url)
    with database.connecting() as connection:
        schema.migrate_to(connection, "0006")
        old_databases.fill(connection)
    yield database
    database.close()


def columns(connection: Connection, table: str) -> set[str]:
    return {column["name"] for column in inspect(connection).get_columns(table)}


def test_what_is_there_was_measured(database: Database) -> None:
    with database.connecting() as connection:
        schema.migrate_to(connection, "0007")
        assert connection.scalars(text("SELECT predicted FROM snapshots")).all() == [0]
        assert set(connection.scalars(text("SELECT quick_plan FROM profiles"))) == {None}


def test_the_way_back_forgets_what_is_predicted_and_keeps_all_else(database: Database) -> None:
    with database.connecting() as connection:
        before = old_databases.read(connection, old_databases.rows_of_the_first_release())
        had = {table: columns(connection, table) for table in ("profiles", "snapshots")}
        schema.migrate_to(connection, "0007")
        connection.execute(text(COPY))
        connection.execute(text("UPDATE latency_tables SET latest_snapshot_id = 'quick'"))
        connection.execute(text("UPDATE profiles SET quick_plan = '{}'"))
        schema.migrate_back_to(connection, "0006")
        assert {table: columns(connection, table) for table in had} == had
        assert connection.scalars(text("SELECT id FROM snapshots")).all() == [old_databases.SNAPSHOT_ID]
        latest = connection.scalars(text("SELECT latest_snapshot_id FROM latency_tables")).all()
        assert latest == [old_databases.SNAPSHOT_ID]
        assert old_databases.read(connection, old_databases.rows_of_the_first_release()) == before


def test_after_the_way_back_a_profile_that_ended_with_predictions_counts_as_cancelled(database: Database) -> None:
    with database.connecting() as connection:
        schema.migrate_to(connection, "0007")
        connection.execute(text(COPY))
        connection.execute(text("UPDATE profiles SET quick_plan = '{}', snapshot_id = 'quick'"))
        schema.migrate_back_to(connection, "0006")
        rows = connection.execute(text("SELECT state, snapshot_id FROM profiles")).all()
        assert set(rows) == {("cancelled", None)}
