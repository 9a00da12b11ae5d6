"""What 0006 does to profiles, on both engines."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, inspect, text

from latency_service import schema
from latency_service.database import Database
from tests import old_databases


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    """A database as revision 0004 left it, in use."""
    database = Database(empty_database_url)
    with database.connecting() as connection:
        schema.migrate_to(connection, "0004")
        old_databases.fill(connection)
    yield database
    database.close()


def anchors(connection: Connection) -> dict[str, object]:
    return {profile_id: value for profile_id, value in connection.execute(text("SELECT id, anchors FROM profiles"))}


def columns(connection: Connection) -> set[str]:
    return {column["name"] for column in inspect(connection).get_columns("profiles")}


def test_profiles_that_are_there_have_no_anchors(database: Database) -> None:
    with database.connecting() as connection:
        schema.migrate_to(connection, "0006")
        assert anchors(connection) == {old_databases.DONE: None, old_databases.RUNNING: None}


def test_the_way_back_forgets_anchors_and_keeps_all_else(database: Database) -> None:
    with database.connecting() as connection:
        before, had = old_databases.read(connection, old_databases.rows_of_the_first_release()), columns(connection)
        schema.migrate_to(connection, "0006")
        assert columns(connection) == had | {"anchors"}
        connection.execute(text("""UPDATE profiles SET anchors = '["v1-network-0"]'"""))
        schema.migrate_back_to(connection, "0004")
        assert columns(connection) == had
        assert old_databases.read(connection, old_databases.rows_of_the_first_release()) == before
