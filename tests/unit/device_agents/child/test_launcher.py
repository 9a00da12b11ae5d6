import threading
from contextlib import closing

import pytest

from device_agents.child.in_process import InProcessLauncher
from device_agents.child.launcher import Launcher, make_launcher
from device_agents.child.orders import Answered, MeasureOrder, Probed, ProbeOrder, Working
from device_agents.child.process import ChildLauncher
from latency_service.contract.conditions import Conditions
from latency_service.contract.messages import LeasedJob
from tests.fake_worker import NO_MEMORY, QUICK, RAISES, SLOW, UNSUPPORTED, FakeRuntime, job
from tests.fake_worker import launcher as launcher_of_children

LAUNCHERS: dict[str, Launcher] = {
    "process": launcher_of_children(),
    "none": InProcessLauncher(lambda name, settings: FakeRuntime()),
}


@pytest.fixture(params=LAUNCHERS)
def launcher(request: pytest.FixtureRequest) -> Launcher:
    return LAUNCHERS[request.param]


def order(*jobs: LeasedJob) -> MeasureOrder:
    return MeasureOrder(conditions=Conditions(runtime="fake"), jobs=jobs)


def test_every_job_of_an_order_is_answered(launcher: Launcher) -> None:
    jobs = [job(QUICK), job(UNSUPPORTED), job(RAISES), job(NO_MEMORY)]
    answered = [event.result for event in launcher.events(order(*jobs)) if isinstance(event, Answered)]
    classes = {result.job_id: result.failure and result.failure.error_class for result in answered}
    assert classes == {
        job(QUICK).job_id: None,
        job(UNSUPPORTED).job_id: "unsupported",
        job(RAISES).job_id: "crashed",
        job(NO_MEMORY).job_id: "out_of_memory",
    }


def test_a_runtime_is_probed(launcher: Launcher) -> None:
    (event,) = launcher.events(ProbeOrder(runtime="fake"))
    assert isinstance(event, Probed)
    assert event.status.available


def test_events_come_while_the_work_goes_on(launcher: Launcher) -> None:
    with closing(launcher.events(order(job(SLOW)))) as events:
        assert isinstance(next(events), Working)


def test_an_order_that_is_no_longer_wanted_ends_before_its_jobs_are_done(launcher: Launcher) -> None:
    heard: list[object] = []
    for event in launcher.events(order(job(SLOW)), lambda: len(heard) == 2):
        heard.append(event)
    assert [type(event) for event in heard] == [Working, Working]


def test_nothing_of_an_order_is_left_running(launcher: Launcher) -> None:
    before = threading.active_count()
    with closing(launcher.events(order(job(SLOW)))) as events:
        next(events)
    assert threading.active_count() == before


def test_isolation_decides_where_an_order_is_carried_out() -> None:
    assert make_launcher("process", 5.0) == ChildLauncher(5.0)
    assert isinstance(make_launcher("none", 5.0), InProcessLauncher)
