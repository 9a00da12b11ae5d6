from collections.abc import Iterator
from pathlib import Path

import pytest

from device_agents.child.orders import MeasureOrder
from device_agents.runtimes.base import DeviceAway
from latency_service.contract.errors import LatencyError, ServiceUnavailable
from latency_service.contract.messages import JobId, JobResult, LeaseToken
from tests.fake_service import FakeService, serving
from tests.fake_worker import HANGS, KILLED, QUICK, UNSUPPORTED, job
from tests.unit.device_agents.bench import Bench
from tests.unit.device_agents.fake_device import FakeDevice
from tests.unit.device_agents.parts import TOKEN, a_result


@pytest.fixture
def service() -> Iterator[FakeService]:
    with serving(FakeService()) as running:
        yield running


@pytest.fixture
def bench(service: FakeService, tmp_path: Path) -> Bench:
    return Bench(service, tmp_path, on_status=lambda text: None)


def leases_on_disk(folder: Path) -> list[Path]:
    return list((folder / "board" / "leases").glob("*.lease"))


def test_a_batch_is_measured_and_handed_in(service: FakeService, bench: Bench, tmp_path: Path) -> None:
    service.queue = [job(QUICK), job(UNSUPPORTED)]
    station = bench.station(FakeDevice())
    assert station.serve()
    assert service.results[JobId("job-1-0")].measurement is not None
    assert service.results[JobId("job-2-0")].failure is not None
    assert leases_on_disk(tmp_path) == []
    assert not station.serve()
    assert station.poll_s == 0.02


def test_work_beyond_the_device_is_not_asked_for(service: FakeService, bench: Bench) -> None:
    device = FakeDevice()
    device.max_threads = 7
    bench.station(device).serve()
    assert service.requests[0].max_threads == 7
    assert service.requests[0].runtimes == ("fake",)


def test_a_life_of_the_agent_names_itself_whenever_it_asks_for_work(service: FakeService, bench: Bench) -> None:
    service.queue = [job(UNSUPPORTED)]
    station = bench.station(FakeDevice())
    station.serve()
    station.serve()
    assert [request.agent_id for request in service.requests] == ["life-1", "life-1"]


def test_what_a_former_life_left_is_delivered_in_one_request(service: FakeService, bench: Bench) -> None:
    for number in range(3):
        bench.spool().put(TOKEN, a_result(number))
    bench.station(FakeDevice()).serve()
    assert service.batches == [3]
    assert len(service.results) == 3


def test_a_job_that_kills_its_child_does_not_cost_its_neighbours(service: FakeService, bench: Bench) -> None:
    service.queue = [job(QUICK, 0), job(KILLED), job(QUICK, 1)]
    bench.station(FakeDevice()).serve()
    failed = [job_id for job_id, result in service.results.items() if result.failure]
    assert len(service.results) == 3
    assert failed == [job(KILLED).job_id]


def test_a_cancelled_batch_is_dropped(service: FakeService, bench: Bench) -> None:
    service.queue, service.cancelled = [job(HANGS)], (job(HANGS).job_id,)
    bench.station(FakeDevice()).serve()
    assert service.results == {}
    assert service.renewals >= 1


def test_a_lost_lease_is_dropped(service: FakeService, bench: Bench) -> None:
    service.queue, service.lose_leases = [job(HANGS)], True
    bench.station(FakeDevice()).serve()
    assert service.results == {}


def test_as_many_jobs_as_the_device_says_are_measured_together(
    service: FakeService, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[MeasureOrder] = []

    def note(launcher: object, order: MeasureOrder, is_unwanted: object) -> Iterator[JobResult]:
        orders.append(order)
        yield from ()

    monkeypatch.setattr("device_agents.supervisor.station.measure_jobs", note)
    service.queue = [job(QUICK)]
    device = FakeDevice()
    device.together = 5
    bench.station(device).serve()
    assert [order.together for order in orders] == [5]


def test_a_device_that_is_away_keeps_no_results_back(service: FakeService, bench: Bench) -> None:
    device = FakeDevice()
    device.is_away = True
    bench.spool().put(TOKEN, a_result())
    with pytest.raises(DeviceAway):
        bench.station(device).serve()
    assert len(service.results) == 1
    assert service.requests == []


def test_a_device_that_goes_away_gives_its_batch_back(
    service: FakeService, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unplugged(*arguments: object) -> Iterator[object]:
        yield a_result()
        raise DeviceAway("plug it in")

    monkeypatch.setattr("device_agents.supervisor.station.measure_jobs", unplugged)
    service.queue = [job(QUICK)]
    with pytest.raises(DeviceAway):
        bench.station(FakeDevice()).serve()
    assert service.released == list(service.leases)
    assert len(service.results) == 1
    assert leases_on_disk(tmp_path) == []


def test_a_lease_that_a_dead_agent_left_is_given_back_after_its_results(
    service: FakeService, bench: Bench, tmp_path: Path
) -> None:
    bench.station(FakeDevice())
    (tmp_path / "board" / "leases" / f"{TOKEN}.lease").touch()
    bench.spool().put(TOKEN, a_result())
    bench.station(FakeDevice()).serve()
    assert service.released == [TOKEN]
    assert len(service.results) == 1


def test_a_lease_is_noted_while_it_is_worked_on_and_survives_a_crash_of_the_supervisor(
    service: FakeService, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*arguments: object) -> Iterator[object]:
        assert len(leases_on_disk(tmp_path)) == 1
        raise RuntimeError("a bug")

    monkeypatch.setattr("device_agents.supervisor.station.measure_jobs", crash)
    service.queue = [job(QUICK)]
    with pytest.raises(RuntimeError):
        bench.station(FakeDevice()).serve()
    assert [LeaseToken(path.stem) for path in leases_on_disk(tmp_path)] == list(service.leases)


def test_a_service_that_goes_away_keeps_new_work_from_being_borrowed(service: FakeService, bench: Bench) -> None:
    service.queue, service.goes_away_after_lending = [job(QUICK)], True
    station = bench.station(FakeDevice())
    station.serve()
    with pytest.raises(ServiceUnavailable):
        station.serve()
    service.failing = None
    station.serve()
    assert len(service.results) == 1


def test_a_service_that_refuses_to_take_a_lease_back_is_no_error(
    service: FakeService, bench: Bench, tmp_path: Path
) -> None:
    station = bench.station(FakeDevice())
    (tmp_path / "board" / "leases" / f"{TOKEN}.lease").touch()
    service.failing = LatencyError("never heard of it")
    with pytest.raises(LatencyError, match="never heard of it"):  # of the registration that comes next
        station.serve()


def test_the_report_says_what_was_done(service: FakeService, bench: Bench) -> None:
    service.queue = [job(QUICK), job(UNSUPPORTED)]
    station = bench.station(FakeDevice())
    assert station.report().device_state is None
    station.serve()
    report = station.report()
    assert sum(report.measured.values()) == 1
    assert report.failed == {"unsupported": 1}
    assert (report.uploaded, report.waiting, report.rejected) == (2, 0, 0)
    assert report.lease is None
    assert report.doing.startswith("2 of 2, fake fp32")
    assert report.device_state == service.requests[0].device_state


def test_the_report_says_how_far_the_batch_is(service: FakeService, tmp_path: Path) -> None:
    seen: list[tuple[int, int] | None] = []

    def look(text: str) -> None:
        lease = station.report().lease
        seen.append(None if lease is None else (lease.answered, lease.jobs))

    service.queue = [job(UNSUPPORTED, 0), job(UNSUPPORTED, 1)]
    station = Bench(service, tmp_path, look).station(FakeDevice())
    station.serve()
    assert seen == [(1, 2), (2, 2)]


def test_a_device_that_was_not_registered_says_no_goodbye(service: FakeService, bench: Bench) -> None:
    bench.station(FakeDevice()).leave()
    assert service.goodbyes == []


def test_results_that_cannot_be_delivered_keep_the_device_registered(service: FakeService, bench: Bench) -> None:
    station = bench.station(FakeDevice())
    station.serve()
    bench.spool().put(TOKEN, a_result())
    service.failing = 503
    station.leave()
    assert (service.goodbyes, bench.spool().waiting) == ([], 1)


def test_leaving_without_a_service_loses_nothing_that_is_on_disk(service: FakeService, bench: Bench) -> None:
    bench.spool().put(TOKEN, a_result())
    service.failing = 503
    bench.station(FakeDevice()).leave()
    assert bench.spool().waiting == 1
