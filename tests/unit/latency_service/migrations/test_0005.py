"""What 0005 does to measurements and entries, on both engines."""

from collections.abc import Iterator

import orjson
import pytest
from sqlalchemy import Connection, inspect, text

from latency_service import schema
from latency_service.contract.messages import JobResult
from latency_service.database import Database
from tests import old_databases
from tests.contract.service import Service
from tests.service_data import fed_measurement, fed_op, new_id

ADD_ENTRY = "INSERT INTO entries (table_id, workload_key, verdict, document, sessions) VALUES (:t, :k, 'ok', :d, '[]')"


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    database = Database(empty_database_url)
    schema.migrate(database)
    yield database
    database.close()


def in_use(database: Database) -> None:
    """Let the database hold an op that was measured in context."""
    service = Service(database)
    service.register()
    service.profile([fed_op()])
    lease = service.must_lend()
    service.put(lease, JobResult(job_id=lease.jobs[0].job_id, measurement=fed_measurement(1.0, 0.8)), new_id())


def entries(connection: Connection) -> list[dict[str, object]]:
    return [orjson.loads(document) for document in connection.scalars(text("SELECT document FROM entries"))]


def test_on_the_way_back_entries_are_what_ops_take_alone(database: Database) -> None:
    in_use(database)
    with database.connecting() as connection:
        (before,) = entries(connection)
        schema.migrate_back_to(connection, "0004")
        (after,) = entries(connection)
        columns = {column["name"] for column in inspect(connection).get_columns("measurements")}
    assert (before["placement"], before["isolated_ms"]) == ("in_context", 1.0)
    assert after["latency_ms"] == 1.0
    assert after.keys() == before.keys() - {"placement", "isolated_ms"}
    assert "in_context" not in columns


def test_imported_entries_lose_their_placement_and_nothing_else(database: Database) -> None:
    with database.connecting() as connection:
        old_databases.fill(connection)
        imported = '{"isolated_ms":1.0,"latency_ms":0.8,"placement":"in_context","source":"imported","workload":"w"}'
        connection.execute(text("DELETE FROM measurement_bodies"))
        connection.execute(text("DELETE FROM measurements"))
        connection.execute(
            text(ADD_ENTRY),
            {"t": old_databases.TABLE_ID, "k": old_databases.WAITING, "d": imported},
        )
        schema.migrate_back_to(connection, "0004")
        assert entries(connection) == [{"latency_ms": 0.8, "source": "imported", "workload": "w"}]


def test_sequence_numbers_are_never_given_again_afterwards(database: Database) -> None:
    in_use(database)
    with database.connecting() as connection:
        schema.migrate_back_to(connection, "0004")
        schema.migrate_to(connection, "head")
        connection.execute(text("DELETE FROM measurement_bodies"))
        connection.execute(text("DELETE FROM measurements"))
    in_use_again = Service(database)
    in_use_again.register()
    in_use_again.profile([fed_op()], max_age_s=0)
    lease = in_use_again.must_lend()
    measured = JobResult(job_id=lease.jobs[0].job_id, measurement=fed_measurement(1.0, 0.8))
    in_use_again.put(lease, measured, new_id())
    assert [row.sequence for row in in_use_again.stored().measurements] == [2]
