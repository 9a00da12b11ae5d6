"""Profiles over HTTP: cancelled, listed, and kept going by the reaper."""

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from latency_service.api.app import create_app
from latency_service.database import Database
from latency_service.services import progress
from latency_service.settings import Settings
from tests.deadlines import eventually
from tests.integration.service.calls import PROFILE, assert_problem, body, lend, measured
from tests.service_data import DEVICE, ManualClock, registration


def created(client: TestClient) -> str:
    client.post("/v1/devices", json=body(registration()))
    profile_id: str = client.post("/v1/profiles", json=PROFILE).json()["profile_id"]
    return profile_id


def test_a_profile_can_be_cancelled_and_its_agent_is_told(client: TestClient) -> None:
    path = f"/v1/profiles/{created(client)}"
    lease = lend(client)
    assert [client.delete(path).status_code for _ in range(2)] == [204, 204]
    assert client.get(path).json()["state"] == "cancelled"
    renewed = client.put(f"/v1/leases/{lease.token}").json()
    assert sorted(renewed["cancelled"]) == sorted(job.job_id for job in lease.jobs)


def test_a_profile_that_is_done_or_unknown_cannot_be_cancelled(client: TestClient) -> None:
    status = measured(client)
    problem = assert_problem(client.delete(f"/v1/profiles/{status.profile_id}"), 409, "conflict")
    assert "is done" in problem["detail"]
    assert_problem(client.delete("/v1/profiles/unknown"), 404, "profile_not_found")


def test_profiles_can_be_paged_through(client: TestClient, clock: ManualClock) -> None:
    ids = []
    for _ in range(3):
        ids.append(created(client))
        clock.advance(1)
    query = {"device": DEVICE, "state": "running", "limit": "2"}
    first = client.get("/v1/profiles", params=query).json()
    second = client.get("/v1/profiles", params=query | {"before": first["next_before"]}).json()
    assert [each["profile_id"] for page in (first, second) for each in page["profiles"]] == ids[::-1]
    assert second["next_before"] is None


@pytest.mark.parametrize("before", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2030-01-01T00:00:00"])
def test_a_moment_that_no_calendar_holds_everywhere_is_refused(client: TestClient, before: str) -> None:
    assert_problem(client.get("/v1/profiles", params={"before": before}), 422, "invalid_input")


def test_a_device_says_goodbye_and_registers_again(client: TestClient) -> None:
    created(client)
    lease = lend(client)
    assert client.delete(f"/v1/devices/{DEVICE}/registration").status_code == 204
    assert client.get(f"/v1/devices/{DEVICE}").json()["deregistered_at"] is not None
    assert_problem(client.put(f"/v1/leases/{lease.token}"), 410, "lease_expired")
    assert len(lend(client).jobs) == 2
    assert_problem(client.delete("/v1/devices/nobody/registration"), 404, "device_not_found")


def test_an_agent_that_says_who_it_is_hands_back_its_own_leases_alone(client: TestClient) -> None:
    created(client)
    lease = lend(client)
    goodbye = f"/v1/devices/{DEVICE}/registration"
    assert client.delete(goodbye, params={"agent_id": "another"}).status_code == 204
    assert client.put(f"/v1/leases/{lease.token}").status_code == 200
    assert_problem(client.delete(goodbye, params={"agent_id": ""}), 422, "invalid_input")


def test_the_reaper_takes_back_what_a_dead_agent_had_without_any_request(database_url: str) -> None:
    clock, settings = ManualClock(), Settings(database=database_url, reap_every_s=0.02)
    database = Database(database_url)
    with TestClient(create_app(settings, clock)) as client:
        profile_id = created(client)
        lend(client)
        clock.advance(91)

        def queued() -> bool:
            status = database.read(lambda session: progress.profile_status(session, profile_id))
            return status.counts["queued"] == 2

        eventually(queued)
    database.close()


def test_reading_progress_does_not_wait_for_a_writer(settings: Settings, clock: ManualClock) -> None:
    with TestClient(create_app(settings, clock)) as client:
        profile_id = created(client)
        other = Database(settings.database_url)
        with other.writing() as session:
            session.execute(select(1))  # which takes SQLite's only write lock
            assert client.get(f"/v1/profiles/{profile_id}").json()["state"] == "running"
        other.close()
