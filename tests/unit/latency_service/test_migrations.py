"""Databases of each released revision, with rows in them, on both engines: the way up, and the way back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient

from latency_service import schema
from latency_service.api.app import create_app
from latency_service.contract.messages import ProfileCreated, ProfileId
from latency_service.database import Database
from latency_service.settings import Settings
from tests import old_databases
from tests.contract.service import Service
from tests.old_databases import Rows
from tests.service_data import CONDITIONS, START, success

RELEASED = ("0001", "0002")


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    database = Database(empty_database_url)
    yield database
    database.close()


@pytest.fixture(params=RELEASED)
def old(request: pytest.FixtureRequest, database: Database) -> Database:
    """A database as a released version left it."""
    fill(database, request.param)
    return database


def fill(database: Database, revision: str) -> None:
    with database.connecting() as connection:
        schema.migrate_to(connection, revision)
        old_databases.fill(connection)


def rows(database: Database) -> Rows:
    with database.connecting() as connection:
        return old_databases.read(connection, old_databases.rows_of_the_first_release())


def service_on(database: Database) -> Service:
    service = Service(database)
    service.clock.advance(10)
    return service


def test_no_row_is_changed_on_the_way_up(old: Database) -> None:
    before = rows(old)
    schema.migrate(old)
    assert rows(old) == before


@pytest.mark.parametrize("revision", RELEASED)
def test_there_and_back_nothing_is_lost_that_the_older_schema_can_hold(database: Database, revision: str) -> None:
    fill(database, revision)
    before = rows(database)
    schema.migrate(database)
    with database.connecting() as connection:
        schema.migrate_back_to(connection, revision)
    assert (schema.current_revision(database), rows(database)) == (revision, before)
    schema.migrate(database)
    assert rows(database) == before
    assert_old_values_are_served(service_on(database))


def test_the_way_back_ends_at_an_empty_database(old: Database) -> None:
    schema.migrate(old)
    with old.connecting() as connection:
        schema.migrate_back_to(connection, "base")
    assert schema.current_revision(old) is None
    assert schema.migrate(old) == schema.newest_revision()


def test_what_was_measured_before_is_served_afterwards(old: Database) -> None:
    schema.migrate(old)
    assert_old_values_are_served(service_on(old))


def assert_old_values_are_served(service: Service) -> None:
    entries = service.look_up(old_databases.TABLE_ID, [old_databases.MEASURED, old_databases.NOISY]).entries
    assert [entry.latency_ms for entry in entries] == [old_databases.MEDIAN_MS, 3.0]
    assert [entry.verdict for entry in entries] == ["ok", "noisy"]
    settings = Settings(database=service.database.engine.url.render_as_string(hide_password=False))
    with TestClient(create_app(settings)) as client:
        latest = client.get(f"/v1/tables/{old_databases.TABLE_ID}/snapshots/latest")
    assert latest.content == old_databases.snapshot()


def test_work_that_was_under_way_is_finished_afterwards(old: Database) -> None:
    schema.migrate(old)
    service = service_on(old)
    service.register()
    lease = service.must_lend()
    assert [job.attempt for job in lease.jobs] == [1]
    assert service.put(lease, success(lease.jobs[0].job_id)) == "accepted"
    service.clock.advance(90)
    lost = service.must_lend()
    assert [job.attempt for job in lost.jobs] == [2]
    assert lost.conditions == CONDITIONS
    assert service.put(lost, success(lost.jobs[0].job_id)) == "accepted"
    status = service.status(ProfileCreated(profile_id=ProfileId(old_databases.RUNNING), measured=(), queued=()))
    assert (status.state, status.counts["succeeded"], status.counts["failed"]) == ("done", 4, 1)
    assert status.already_measured == 1
    assert status.created_at == START


def test_two_replicas_that_start_at_once_migrate_once(old: Database) -> None:
    other = Database(old.engine.url.render_as_string(hide_password=False))
    with ThreadPoolExecutor(2) as threads:
        revisions = list(threads.map(schema.migrate, (old, other)))
    other.close()
    assert revisions == [schema.newest_revision()] * 2
