"""The entries of one table among those of many."""

from sqlalchemy import text

from benchmarks import filled_database
from latency_service.database import Database
from tests.engines import PostgresServer

ENTRIES = 500
EXPLAIN = text("EXPLAIN SELECT document FROM entries WHERE table_id = :table_id")


def test_entries_of_one_table_in_ten_are_found_without_reading_the_others(postgres: PostgresServer) -> None:
    """By its own lights PostgreSQL reads all of them, and a cut takes longer the more tables there are."""
    url = postgres.create()
    database = Database(url)
    filled = filled_database.fill_table(database, ENTRIES)
    filled_database.add_measurements(database, filled, 2 * ENTRIES)
    with database.reading() as session:
        plan = "\n".join(session.scalars(EXPLAIN, {"table_id": filled.table_id}))
    database.close()
    postgres.drop(url)
    assert "pk_entries" in plan
