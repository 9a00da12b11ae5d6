"""The service as a process of its own: what a crash, a stop and a second start leave behind."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
from sqlalchemy import create_engine, text

from latency_service.contract.messages import Lease, ProfileCreated, ProfileStatus
from tests.engines import PostgresServer
from tests.processes import ServiceProcess, running_service, start_service
from tests.service_data import DEVICE, keys, new_id, registration, success

JOBS = 24


def profile(client: httpx.Client) -> ProfileCreated:
    client.post("/v1/devices", json=registration().model_dump(mode="json")).raise_for_status()
    wanted = {"device": DEVICE, "conditions": {"runtime": "onnxruntime"}, "workloads": keys(JOBS)}
    return ProfileCreated.model_validate_json(client.post("/v1/profiles", json=wanted).content)


def lend(client: httpx.Client, max_jobs: int) -> Lease | None:
    wanted = {
        "device": DEVICE,
        "device_state": registration().state.fingerprint,
        "runtimes": ["onnxruntime"],
        "max_jobs": max_jobs,
    }
    response = client.post("/v1/leases", json=wanted).raise_for_status()
    return Lease.model_validate_json(response.content) if response.content else None


def hand_in(client: httpx.Client, lease: Lease, result_ids: list[str]) -> list[str]:
    return [
        client.put(
            f"/v1/leases/{lease.token}/results/{result_id}",
            json=success(job.job_id).model_dump(mode="json"),
        )
        .raise_for_status()
        .json()["status"]
        for job, result_id in zip(lease.jobs, result_ids, strict=False)
    ]


def status(client: httpx.Client, created: ProfileCreated) -> ProfileStatus:
    return ProfileStatus.model_validate_json(client.get(f"/v1/profiles/{created.profile_id}").content)


def client_of(service: ServiceProcess) -> httpx.Client:
    return httpx.Client(base_url=service.url, timeout=30)


@contextmanager
def replicas(database: str, folder: Path) -> Iterator[list[ServiceProcess]]:
    """Run two services on one database; they start, and migrate it, at the same time."""
    folders = [folder / "one", folder / "two"]
    for each in folders:
        each.mkdir()
    with ThreadPoolExecutor(2) as threads:
        started = list(threads.map(lambda each: start_service(each, database=database), folders))
    try:
        yield started
    finally:
        for service in started:
            service.kill()


def in_flight(service: ServiceProcess) -> float:
    """Return how many requests the service is at, the one that asks included."""
    lines = httpx.get(f"{service.url}/metrics").text.splitlines()
    return next(float(line.rsplit(" ")[1]) for line in lines if line.startswith("latency_service_requests_in_flight "))


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_service_killed_in_the_middle_of_a_profile_loses_nothing(tmp_path: Path) -> None:
    with running_service(tmp_path) as service, client_of(service) as client:
        created = profile(client)
        lease = lend(client, max_jobs=JOBS)
        assert lease is not None
        result_ids = [new_id() for _ in lease.jobs]
        assert hand_in(client, lease, result_ids[:10]) == ["accepted"] * 10
        service.kill()

    with running_service(tmp_path) as again, client_of(again) as client:
        assert status(client, created).counts["succeeded"] == 10
        told = hand_in(client, lease, result_ids)
        assert told == ["duplicate"] * 10 + ["accepted"] * (JOBS - 10)
        done = status(client, created)
        assert (done.state, done.counts["succeeded"], done.failures) == ("done", JOBS, ())
        assert len(client.get(f"/v1/snapshots/{done.snapshot_id}").json()["ops"]) == JOBS


def test_agents_that_ask_at_the_same_time_share_the_jobs_without_overlap(tmp_path: Path) -> None:
    with running_service(tmp_path) as service, client_of(service) as client:
        created = profile(client)

        def work(_: int) -> list[str]:
            done: list[str] = []
            while (lease := lend(client, max_jobs=2)) is not None:
                hand_in(client, lease, [new_id() for _ in lease.jobs])
                done += [job.job_id for job in lease.jobs]
            return done

        with ThreadPoolExecutor(6) as agents:
            measured = [job_id for done in agents.map(work, range(6)) for job_id in done]
        assert len(measured) == len(set(measured)) == JOBS
        assert status(client, created).state == "done"


def test_a_service_that_is_asked_to_go_goes_gracefully(tmp_path: Path) -> None:
    with running_service(tmp_path) as service:
        assert service.stop() == 0
        assert "Application shutdown complete" in service.log.read_text()


def test_a_replica_that_is_told_to_go_answers_what_it_was_asked_before_and_the_other_goes_on(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    url = postgres.create(migrated=False)
    with replicas(url, tmp_path) as (going, staying), client_of(going) as client, ThreadPoolExecutor(1) as thread:
        with create_engine(url).begin() as connection:
            connection.execute(text("LOCK TABLE devices IN SHARE MODE"))
            asked = thread.submit(client.post, "/v1/devices", json=registration().model_dump(mode="json"))
            wait_until(lambda: in_flight(going) > 1)
            going.process.terminate()
            wait_until(lambda: "Shutting down" in going.log.read_text())
        assert asked.result().status_code == 200
        assert going.process.wait(20) == 0
        with client_of(staying) as other:
            assert [device["name"] for device in other.get("/v1/devices").json()["devices"]] == [DEVICE]
    postgres.drop(url)
