from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from latency_service import schema
from latency_service.database import Database
from latency_service.repositories import conditions, devices, jobs, workloads
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
        return jobs.add(session, device.id, conditions_id, keys(1), START)[keys(1)[0]]


def test_the_database_refuses_a_second_active_job_for_the_same_workload(database: Database) -> None:
    add_job(database)
    with pytest.raises(IntegrityError, match="UNIQUE"):
        add_job(database)


def test_a_job_that_has_ended_makes_room_for_another(database: Database) -> None:
    first = add_job(database)
    with database.writing() as session:
        session.get_one(Job, first).state = "succeeded"
    assert add_job(database) != first
