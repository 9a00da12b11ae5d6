import random
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from device_agents.client import ServiceClient
from device_agents.config import load_settings
from device_agents.daemon import Daemon
from device_agents.delivery import Delivery
from device_agents.host_files import HostFiles
from device_agents.registration import Registrar
from device_agents.retry import Retry
from device_agents.shutdown import Shutdown
from device_agents.spool import Spool
from latency_service.contract.device import RuntimeStatus
from latency_service.contract.errors import AgentTooOld, DeviceStateUnknown, LatencyError
from latency_service.contract.messages import JobId
from tests.fake_service import FakeService, serving
from tests.fake_worker import HANGS, KILLED, QUICK, UNSUPPORTED, job, launcher
from tests.unit.device_agents.parts import TOKEN, a_result

IDLE = "nothing to do"


@pytest.fixture
def service() -> Iterator[FakeService]:
    with serving(FakeService()) as running:
        yield running


class Bench:
    """A daemon whose status line the test listens to; it drains when there is nothing to do, unless told otherwise."""

    def __init__(
        self,
        service: FakeService,
        state_dir: Path,
        on_status: Callable[[str], None] | None = None,
        retry: Retry | None = None,
    ) -> None:
        self.shutdown = Shutdown()
        self.statuses: list[str] = []
        self._on_status = on_status or self._drain_when_idle
        settings = load_settings(None, {"server": service.url, "name": "board", "state_dir": state_dir})
        self.spool = Spool(settings.spool_dir)
        retry = retry or Retry(sleep=lambda s: None, attempts=1)
        client = ServiceClient(httpx.Client(base_url=service.url), retry)
        self.daemon = Daemon(
            settings=settings,
            cores=(),
            client=client,
            registrar=Registrar(client, "board", {"fake": RuntimeStatus(available=True)}, HostFiles(state_dir), ()),
            delivery=Delivery(client, self.spool),
            launcher=launcher(),
            shutdown=self.shutdown,
            rng=random.Random(0),
            on_status=self._hear,
        )

    def _hear(self, text: str) -> None:
        self.statuses.append(text)
        self._on_status(text)

    def _drain_when_idle(self, text: str) -> None:
        if IDLE in text:
            self.shutdown.request()


def test_every_job_of_the_queue_is_measured_and_handed_in(service: FakeService, tmp_path: Path) -> None:
    service.queue = [job(QUICK, number) for number in range(5)] + [job(UNSUPPORTED)]
    service.batch = 4
    bench = Bench(service, tmp_path)
    bench.daemon.run()
    assert len(service.results) == 6
    assert service.results[JobId("job-2-0")].failure is not None
    assert len(service.registrations) == 1
    assert service.requests[0].max_threads == 1
    assert list(bench.spool.pending()) == []


def test_a_service_that_is_away_is_waited_for(service: FakeService, tmp_path: Path) -> None:
    service.queue, service.failing = [job(QUICK)], 503

    def come_back(text: str) -> None:
        service.failing = None
        if IDLE in text:
            bench.shutdown.request()

    bench = Bench(service, tmp_path, come_back)
    bench.daemon.run()
    assert "waiting for the service" in bench.statuses[0]
    assert len(service.results) == 1


def test_results_that_waited_are_delivered_before_new_work(service: FakeService, tmp_path: Path) -> None:
    service.queue, service.goes_away_after_lending = [job(QUICK)], True

    def come_back(text: str) -> None:
        service.failing = None
        if IDLE in text:
            bench.shutdown.request()

    bench = Bench(service, tmp_path, come_back)
    bench.daemon.run()
    assert len(service.results) == 1
    assert list(bench.spool.pending()) == []


def test_a_state_that_the_service_does_not_know_is_registered_again(service: FakeService, tmp_path: Path) -> None:
    def recover(text: str) -> None:
        service.failing = None
        if IDLE in text and len(service.registrations) == 1:
            service.failing = DeviceStateUnknown("register first")
        elif IDLE in text:
            bench.shutdown.request()

    bench = Bench(service, tmp_path, recover)
    bench.daemon.run()
    assert any("registering again" in text for text in bench.statuses)
    assert len(service.registrations) == 2


@pytest.mark.parametrize("error", [AgentTooOld("upgrade to 2.0"), LatencyError("this is no latency service")])
def test_what_no_waiting_would_mend_ends_the_agent(service: FakeService, tmp_path: Path, error: LatencyError) -> None:
    service.failing = error
    with pytest.raises(type(error), match=str(error)):
        Bench(service, tmp_path).daemon.run()


def test_a_cancelled_batch_is_dropped(service: FakeService, tmp_path: Path) -> None:
    service.queue, service.cancelled = [job(HANGS)], (job(HANGS).job_id,)
    Bench(service, tmp_path).daemon.run()
    assert service.results == {}
    assert service.renewals >= 1


def test_a_lost_lease_is_dropped(service: FakeService, tmp_path: Path) -> None:
    service.queue, service.lose_leases = [job(HANGS)], True
    Bench(service, tmp_path).daemon.run()
    assert service.results == {}


def test_draining_finishes_the_batch_and_takes_no_other(service: FakeService, tmp_path: Path) -> None:
    service.queue = [job(QUICK, number) for number in range(4)]
    service.batch = 2
    bench = Bench(service, tmp_path, lambda text: bench.shutdown.request() if "1 of 2" in text else None)
    bench.daemon.run()
    assert len(service.results) == 2
    assert len(service.queue) == 2
    assert service.released == []


def test_a_second_request_gives_the_lease_back(service: FakeService, tmp_path: Path) -> None:
    service.queue = [job(UNSUPPORTED), job(HANGS)]

    def stop_twice(text: str) -> None:
        bench.shutdown.request()
        bench.shutdown.request()

    bench = Bench(service, tmp_path, stop_twice)
    bench.daemon.run()
    assert list(service.results) == [job(UNSUPPORTED).job_id]
    assert service.released == list(service.leases)


def test_a_second_request_leaves_what_is_spooled_for_the_next_start(service: FakeService, tmp_path: Path) -> None:
    bench = Bench(service, tmp_path)
    bench.spool.put(TOKEN, a_result())
    bench.shutdown.request()
    bench.shutdown.request()
    bench.daemon.run()
    assert service.results == {}
    assert len(list(bench.spool.pending())) == 1


def test_a_request_that_comes_while_a_call_is_tried_again_begins_no_batch_and_no_wait(
    service: FakeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.queue, service.failing = [job(QUICK)], 503
    waits: list[float] = []

    def stop_meanwhile(seconds: float) -> None:
        service.failing = None
        bench.shutdown.request()

    bench = Bench(service, tmp_path, retry=Retry(sleep=stop_meanwhile, attempts=2))
    monkeypatch.setattr(bench.shutdown, "wait", waits.append)
    bench.daemon.run()
    assert service.requests == []
    assert waits == []


def test_a_service_that_names_a_long_wait_is_obeyed_within_reason(
    service: FakeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.failing, service.retry_after_s = 503, 600
    waits: list[float] = []

    def pass_the_time(seconds: float) -> None:
        waits.append(seconds)
        service.retry_after_s = 10**6
        if len(waits) == 2:
            bench.shutdown.request()

    bench = Bench(service, tmp_path, retry=Retry(sleep=lambda s: None, attempts=2))
    monkeypatch.setattr(bench.shutdown, "wait", pass_the_time)
    bench.daemon.run()
    assert [round(wait, -2) for wait in waits] == [600, 3600]


def test_a_job_that_kills_its_child_does_not_cost_its_neighbours(service: FakeService, tmp_path: Path) -> None:
    service.queue = [job(QUICK, 0), job(KILLED), job(QUICK, 1)]
    Bench(service, tmp_path).daemon.run()
    failed = [job_id for job_id, result in service.results.items() if result.failure]
    assert len(service.results) == 3
    assert failed == [job(KILLED).job_id]
