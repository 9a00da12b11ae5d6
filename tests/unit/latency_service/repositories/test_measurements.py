"""Measurements are many: a page of them is found by an index."""

from pathlib import Path

import pytest
from sqlalchemy import text

from latency_service import schema
from latency_service.database import Database
from latency_service.repositories.measurements import page_query


@pytest.mark.parametrize(("table", "key"), [("table", None), (None, "key"), ("table", "key")])
def test_a_page_of_what_is_asked_for_is_not_sought_among_all_measurements(
    tmp_path: Path, table: str | None, key: str | None
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'latency.db'}")
    schema.migrate(database)
    with database.reading() as session:
        compiled = page_query(table, key, 0, 10).compile(session.connection(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(str(row) for row in session.execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
    assert "SEARCH measurements USING INDEX ix_measurements_table_id" in plan
    database.close()
