"""kill -9 of replicas and of PostgreSQL under load: what was acknowledged is there afterwards, once."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, text

from latency_service.contract.messages import DeviceRegistered, Lease, ProfileCreated
from tests.mortal_postgres import MortalPostgres, mortal_postgres
from tests.processes import ServiceProcess, start_service
from tests.service_data import CONDITIONS, keys, new_id, registration, success

DEVICES = 4
OPS = 100
BLOWS = 8
LEASE_S = 3.0
DEADLINE_S = 120.0
#: A blow is no reason to give a job up, and no agent waits long for the next one.
_SETTINGS = {
    "LATENCY_SERVICE_MAX_ATTEMPTS": "10000",
    "LATENCY_SERVICE_POLL_S": "0.1",
    "LATENCY_SERVICE_REAP_EVERY_S": "0.5",
}


class Replicas:
    """Two services on one PostgreSQL; all three may be killed, and stand up again."""

    def __init__(self, postgres: MortalPostgres, folder: Path) -> None:
        self._postgres = postgres
        self._folders = (folder / "one", folder / "two")
        for each in self._folders:
            each.mkdir()
        self._services = [self._start(each, None) for each in self._folders]
        self.urls = tuple(service.url for service in self._services)

    def blow(self, rng: random.Random) -> str:
        """Kill one of the three, start it again, and say which it was."""
        victim = rng.choice(("one", "two", "postgres"))
        if victim == "postgres":
            self._postgres.kill()
            self._postgres.start_again()
        else:
            number = ("one", "two").index(victim)
            self._services[number].kill()
            port = int(self.urls[number].rpartition(":")[2])
            self._services[number] = self._start(self._folders[number], port)
        return victim

    def stop(self) -> None:
        """End both services."""
        for service in self._services:
            service.kill()

    def _start(self, folder: Path, port: int | None) -> ServiceProcess:
        return start_service(folder, port, LEASE_S, _SETTINGS, self._postgres.url)


class Storm:
    """Blow after blow in the background, until it is over."""

    def __init__(self, replicas: Replicas, seed: int) -> None:
        self.struck: list[str] = []
        self.is_over = threading.Event()
        self._replicas = replicas
        self._rng = random.Random(seed)
        self._thread = threading.Thread(target=self._strike)
        self._thread.start()

    def wait(self) -> None:
        """Return when it is over."""
        self._thread.join()

    def _strike(self) -> None:
        try:
            for _ in range(BLOWS):
                self.struck.append(self._replicas.blow(self._rng))
        finally:
            self.is_over.set()


class Caller:
    """Calls whichever replica answers, again and again until one does; every call may be repeated."""

    def __init__(self, urls: tuple[str, ...], deadline: float) -> None:
        self._https = [httpx.Client(base_url=url, timeout=5.0) for url in urls]
        self._deadline = deadline

    def __call__(self, method: str, path: str, content: str | None = None) -> httpx.Response:
        headers = {"content-type": "application/json"} if content else {}
        while time.monotonic() < self._deadline:
            self._https.reverse()
            try:
                response = self._https[0].request(method, path, content=content, headers=headers)
            except httpx.TransportError:
                continue
            if response.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                return response
            assert response.status_code == httpx.codes.SERVICE_UNAVAILABLE, response.text
        raise AssertionError(f"{method} {path} had no answer in time")


def work(call: Caller, device: str, storm: Storm, acknowledged: set[str]) -> list[str]:
    """Be a device that has profile after profile measured until the storm is over; return the profiles' ids."""
    profiles: list[str] = []
    while not (profiles and storm.is_over.is_set()):
        profiles.append(measure_everything(call, device, len(profiles) * OPS, acknowledged))
    return profiles


def measure_everything(call: Caller, device: str, first: int, acknowledged: set[str]) -> str:
    """Want ops and measure them at once; note each acknowledged result's id, and return the profile's."""
    answer = call("POST", "/v1/devices", registration(device).model_dump_json())
    state = DeviceRegistered.model_validate_json(answer.content).device_state
    wanted = {"device": device, "conditions": CONDITIONS.model_dump(), "workloads": keys(first + OPS)[first:]}
    profile = ProfileCreated.model_validate_json(call("POST", "/v1/profiles", _json(wanted)).content)
    asked = {"device": device, "device_state": state, "runtimes": ["onnxruntime"], "max_jobs": 5}
    while call("GET", f"/v1/profiles/{profile.profile_id}").json()["state"] != "done":
        answer = call("POST", "/v1/leases", _json(asked))
        if answer.status_code == httpx.codes.OK:
            _upload(call, Lease.model_validate_json(answer.content), acknowledged)
    return profile.profile_id


def _upload(call: Caller, lease: Lease, acknowledged: set[str]) -> None:
    for job in lease.jobs:
        result_id = new_id()
        path = f"/v1/leases/{lease.token}/results/{result_id}"
        answer = call("PUT", path, success(job.job_id).model_dump_json())
        if answer.status_code == httpx.codes.OK:
            acknowledged.add(result_id)
        else:  # a result that was kept before the answer was lost, and whose lease is over by now
            assert answer.status_code == httpx.codes.GONE, answer.text


def _json(members: object) -> str:
    return httpx.Request("POST", "http://service", json=members).content.decode()


@pytest.mark.timeout(300)
def test_what_was_acknowledged_outlives_the_death_of_replicas_and_of_postgresql(tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    with mortal_postgres() as postgres:
        replicas = Replicas(postgres, tmp_path)
        deadline = time.monotonic() + DEADLINE_S
        callers = [Caller(replicas.urls, deadline) for _ in range(DEVICES)]
        storm = Storm(replicas, seed=4)
        try:
            with ThreadPoolExecutor(DEVICES) as threads:
                names = [f"board-{number}" for number in range(DEVICES)]
                done = threads.map(work, callers, names, [storm] * DEVICES, [acknowledged] * DEVICES)
                profiles = [profile for of_device in done for profile in of_device]
            storm.wait()
            books = read_books(postgres.url)
            failures = [callers[0]("GET", f"/v1/profiles/{each}").json()["failures"] for each in profiles]
        finally:
            storm.wait()
            replicas.stop()
    assert set(storm.struck) == {"one", "two", "postgres"}
    assert acknowledged <= books.kept.keys()
    assert set(books.kept.values()) == {1}
    assert set(books.counted.values()) == {1}
    assert len(books.measured) == len(profiles) * OPS
    assert failures == [[]] * len(profiles)


@dataclass(frozen=True)
class Books:
    """What PostgreSQL holds: how often each result, how often each workload counted, which workloads were measured."""

    kept: Counter[str]
    counted: Counter[tuple[str, str]]
    measured: set[tuple[str, str]]


def read_books(url: str) -> Books:
    """Read the measurements."""
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id, table_id, workload_key, leased FROM measurements")).all()
    engine.dispose()
    return Books(
        kept=Counter(row.id for row in rows),
        counted=Counter((row.table_id, row.workload_key) for row in rows if row.leased),
        measured={(row.table_id, row.workload_key) for row in rows},
    )
