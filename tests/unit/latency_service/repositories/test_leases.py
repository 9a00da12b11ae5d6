"""How PostgreSQL finds the jobs that it lends, and those of a lease."""

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def noted(service: Service) -> Iterator[list[Statement]]:
    """The statements that are executed meanwhile, with their parameters."""
    statements: list[Statement] = []

    def note(*arguments: Any) -> None:
        _, _, statement, parameters, _, is_many = arguments
        if not is_many and statement.startswith(("SELECT", "UPDATE", "WITH")):
            statements.append((statement, parameters))

    event.listen(service.database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(service.database.engine, "before_cursor_execute", note)


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
    lease = service.must_lend()
    with noted(service) as statements:
        service.renew(lease)
        service.post(lease, *((new_id(), success(job.job_id)) for job in lease.jobs[:20]))
        service.release(lease)
    plans = [plan(database, statement) for statement in statements]
    assert any("on jobs" in each for each in plans)
    assert [each for each in plans if "uq_jobs_active" in each] == []


def test_what_is_lent_is_read_in_the_order_of_the_queue(database: Database) -> None:
    service = Service(database)
    service.register()
    service.profile(ops(3000))
    with database.writing() as session:
        session.execute(text("ANALYZE"))
    with noted(service) as statements:
        service.must_lend()
    (lending,) = [plan(database, statement) for statement in statements if "UPDATE jobs" in statement[0]]
    assert lending.count("Index Scan using ix_jobs_queue on jobs") == 2  # the head, and the batch behind it
    assert "Seq Scan on jobs" not in lending
    assert "Sort" not in lending
