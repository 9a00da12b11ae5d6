from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from latency_service import schema
from latency_service.database import Database
from latency_service.repositories import conditions, devices, queues, workloads
from latency_service.tables import Job
from tests.service_data import CONDITIONS, START, keys, op, registration


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path / 'latency.db'}")
    schema.migrate(database)
    return database


def add_job(database: Database) -> str:
    with database.writing() as session:
        device = devices.register(session, registration(), START)
        workloads.ensure(session, {keys(1)[0]: op(1)})
        conditions_id = conditions.ensure(session, CONDITIONS)
        return queues.enqueue(session, device.id, conditions_id, keys(1), 0, START)[keys(1)[0]]


def test_the_database_refuses_a_second_active_job_for_the_same_workload(database: Database) -> None:
    first = add_job(database)
    with database.writing() as session:
        active = session.get_one(Job, first)
        same = {name: getattr(active, name) for name in ("device_id", "conditions_id", "workload_key", "created_at")}
        session.add(Job(id="another", position=1, state="queued", attempts=0, **same))
        with pytest.raises(IntegrityError, match="UNIQUE"):
            session.flush()
        session.rollback()


def test_a_job_that_has_ended_makes_room_for_another(database: Database) -> None:
    first = add_job(database)
    with database.writing() as session:
        session.get_one(Job, first).state = "succeeded"
    assert add_job(database) != first
