"""How PostgreSQL finds the jobs of a lease while it does not know yet that any wait."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event, text

from latency_service.database import Database
from tests.contract.service import Service
from tests.engines import PostgresServer
from tests.service_data import new_id, ops, success

Statement = tuple[str, Any]


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[Database]:
    url = postgres.create()
    database = Database(url)
    yield database
    database.close()
    postgres.drop(url)


def hand_in_and_hand_back(service: Service) -> list[Statement]:
    """Lend, renew, hand in, hand back; return the statements and their parameters."""
    statements: list[Statement] = []

    def note(*arguments: Any) -> None:
        _, _, statement, parameters, _, is_many = arguments
        if not is_many and statement.startswith(("SELECT", "UPDATE", "WITH")):
            statements.append((statement, parameters))

    lease = service.must_lend()
    event.listen(service.database.engine, "before_cursor_execute", note)
    service.renew(lease)
    service.post(lease, *((new_id(), success(job.job_id)) for job in lease.jobs[:20]))
    service.release(lease)
    event.remove(service.database.engine, "before_cursor_execute", note)
    return statements


def plan(database: Database, statement: Statement) -> str:
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN {statement[0]}", statement[1])
        return "\n".join(row[0] for row in rows)


def test_a_leases_jobs_are_not_sought_among_all_that_wait(database: Database) -> None:
    service = Service(database)
    service.register()
    service.cancel(service.profile(ops(3000)))
    with database.writing() as session:
        session.execute(text("ANALYZE"))  # nothing waits, as far as PostgreSQL knows
    service.profile(ops(3000), max_age_s=0)
    plans = [plan(database, statement) for statement in hand_in_and_hand_back(service)]
    assert any("on jobs" in each for each in plans)
    assert [each for each in plans if "uq_jobs_active" in each] == []
