from collections.abc import Iterator
from pathlib import Path

import pytest

from device_agents.supervisor.registration import NoWorkingRuntime
from device_agents.supervisor.retry import Retry
from latency_service.contract.errors import AgentTooOld, DeviceStateUnknown, LatencyError
from latency_service.contract.messages import JobId
from tests.fake_service import FakeService, serving
from tests.fake_worker import HANGS, QUICK, UNSUPPORTED, job
from tests.unit.device_agents.bench import IDLE, Bench
from tests.unit.device_agents.fake_device import BROKEN, WORKS, FakeDevice
from tests.unit.device_agents.parts import TOKEN, a_result


@pytest.fixture
def service() -> Iterator[FakeService]:
    with serving(FakeService()) as running:
        yield running


def stopped_twice(service: FakeService, tmp_path: Path) -> Bench:
    def stop_twice(text: str) -> None:
        bench.shutdown.request()
        bench.shutdown.request()

    bench = Bench(service, tmp_path, stop_twice)
    return bench


def test_every_job_of_the_queue_is_measured_and_handed_in(service: FakeService, tmp_path: Path) -> None:
    service.queue = [job(UNSUPPORTED, number) for number in range(5)] + [job(QUICK)]
    service.batch = 4
    bench = Bench(service, tmp_path)
    bench.daemon.run()
    assert len(service.results) == 6
    assert service.results[JobId("job-2-0")].failure is not None
    assert len(service.registrations) == 1
    assert bench.spool().waiting == 0
    assert bench.shutdown.waits == []  # no wait after a finished batch, none after the request to stop


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
    assert bench.status.report().service_reachable


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


def test_draining_finishes_the_batch_and_takes_no_other(service: FakeService, tmp_path: Path) -> None:
    service.queue = [job(UNSUPPORTED, number) for number in range(4)]
    service.batch = 2
    bench = Bench(service, tmp_path, lambda text: bench.shutdown.request() if "1 of 2" in text else None)
    bench.daemon.run()
    assert len(service.results) == 2
    assert len(service.queue) == 2
    assert service.released == []


def test_draining_says_goodbye_for_every_device_once_its_results_are_delivered(
    service: FakeService, tmp_path: Path
) -> None:
    service.queue = [job(UNSUPPORTED)]
    bench = Bench(service, tmp_path, devices=(FakeDevice("one"), FakeDevice("two")))
    bench.daemon.run()
    assert service.goodbyes == [("one", "life-1"), ("two", "life-1")]
    assert len(service.results) == 1


def test_a_second_request_says_no_goodbye(service: FakeService, tmp_path: Path) -> None:
    stopped_twice(service, tmp_path).daemon.run()
    assert len(service.registrations) == 1
    assert service.goodbyes == []


def test_a_second_request_gives_the_lease_back(service: FakeService, tmp_path: Path) -> None:
    service.queue = [job(UNSUPPORTED), job(HANGS)]

    stopped_twice(service, tmp_path).daemon.run()
    assert list(service.results) == [job(UNSUPPORTED).job_id]
    assert service.released == list(service.leases)


def test_a_second_request_leaves_what_is_spooled_for_the_next_start(service: FakeService, tmp_path: Path) -> None:
    bench = Bench(service, tmp_path)
    bench.spool().put(TOKEN, a_result())
    bench.shutdown.request()
    bench.shutdown.request()
    bench.daemon.run()
    assert service.results == {}
    assert bench.spool().waiting == 1


def test_a_request_that_comes_while_a_call_is_tried_again_begins_no_batch_and_no_wait(
    service: FakeService, tmp_path: Path
) -> None:
    service.queue, service.failing = [job(QUICK)], 503

    def stop_meanwhile(seconds: float) -> None:
        service.failing = None
        bench.shutdown.request()

    bench = Bench(service, tmp_path, retry=Retry(sleep=stop_meanwhile, attempts=2))
    bench.daemon.run()
    assert service.requests == []
    assert bench.shutdown.waits == []


def test_a_service_that_names_a_long_wait_is_obeyed_within_reason(service: FakeService, tmp_path: Path) -> None:
    service.failing, service.retry_after_s = 503, 600

    def ask_for_more(text: str) -> None:
        if service.retry_after_s == 10**6:
            bench.shutdown.wait(0)
            service.failing = None
        service.retry_after_s = 10**6
        if IDLE in text:
            bench.shutdown.request()

    bench = Bench(service, tmp_path, ask_for_more, retry=Retry(sleep=lambda s: None, attempts=2))
    bench.daemon.run()
    assert [round(wait, -2) for wait in bench.shutdown.waits if wait] == [600, 3600]


class TestSeveralDevices:
    def test_they_are_served_in_turn(self, service: FakeService, tmp_path: Path) -> None:
        service.queue = [job(UNSUPPORTED, number) for number in range(6)]
        service.batch = 1
        bench = Bench(service, tmp_path, devices=(FakeDevice("one"), FakeDevice("two")))
        bench.daemon.run()
        assert [request.device for request in service.requests[:6]] == ["one", "two"] * 3
        assert len(service.results) == 6

    def test_one_that_is_away_holds_up_no_other_and_joins_when_it_is_back(
        self, service: FakeService, tmp_path: Path
    ) -> None:
        phone = FakeDevice("phone")
        phone.is_away = True

        def come_back(text: str) -> None:
            if text.startswith("board: 4 of 4"):
                phone.is_away = False
            if text == "phone: nothing to do":
                bench.shutdown.request()

        service.queue = [job(UNSUPPORTED, number) for number in range(4)]
        bench = Bench(service, tmp_path, come_back, devices=(phone, FakeDevice("board")))
        bench.daemon.run()
        assert bench.statuses[0] == "phone: away (plug it in)"
        assert len(service.results) == 4
        assert {registration.name for registration in service.registrations} == {"board", "phone"}

    def test_one_that_is_away_is_not_asked_at_every_turn_of_the_others(
        self, service: FakeService, tmp_path: Path
    ) -> None:
        phone = FakeDevice("phone")
        phone.is_away = True
        service.queue = [job(UNSUPPORTED, number) for number in range(6)]
        service.batch = 1
        bench = Bench(service, tmp_path, devices=(phone, FakeDevice("board")))
        bench.daemon.run()
        assert len([text for text in bench.statuses if text.startswith("phone: away")]) == 1

    def test_one_that_nothing_works_on_is_passed_over(self, service: FakeService, tmp_path: Path) -> None:
        phone = FakeDevice("phone")
        phone.statuses = {"fake": BROKEN}

        def mend(text: str) -> None:
            if text == "phone: nothing to do":
                bench.shutdown.request()
            if bench.shutdown.now_s() > 10:
                phone.statuses = {"fake": WORKS}

        bench = Bench(service, tmp_path, mend, devices=(phone, FakeDevice("board")))
        bench.daemon.run()
        assert "phone: out of work (no runtime works on phone" in bench.statuses[0]
        assert 60 <= bench.shutdown.now_s() < 70

    def test_all_of_them_wait_for_a_service_that_is_away(self, service: FakeService, tmp_path: Path) -> None:
        service.failing = 503

        def come_back(text: str) -> None:
            service.failing = None
            if IDLE in text:
                bench.shutdown.request()

        bench = Bench(service, tmp_path, come_back, devices=(FakeDevice("one"), FakeDevice("two")))
        bench.daemon.run()
        assert [text.split(" ")[0] for text in bench.statuses[:2]] == ["one:", "one:"]

    def test_all_of_them_deliver_before_the_agent_leaves(self, service: FakeService, tmp_path: Path) -> None:
        bench = Bench(service, tmp_path, devices=(FakeDevice("one"), FakeDevice("two")))
        bench.spool("one").put(TOKEN, a_result(1))
        bench.spool("two").put(TOKEN, a_result(2))
        bench.shutdown.request()
        bench.daemon.run()
        assert len(service.results) == 2


def test_an_only_device_without_a_working_runtime_ends_the_agent(service: FakeService, tmp_path: Path) -> None:
    device = FakeDevice()
    device.statuses = {"fake": BROKEN}
    with pytest.raises(NoWorkingRuntime, match="no such module"):
        Bench(service, tmp_path, devices=(device,)).daemon.run()


def test_what_went_wrong_is_reported(service: FakeService, tmp_path: Path) -> None:
    service.failing = 503

    def leave(text: str) -> None:
        report = bench.status.report()
        assert report.last_error is not None
        assert "waiting for the service" in report.last_error.message
        bench.shutdown.request()
        service.failing = None

    bench = Bench(service, tmp_path, leave)
    bench.daemon.run()
    assert bench.status.report().is_draining
    assert bench.status.report().service_reachable is False
