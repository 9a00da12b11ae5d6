import gc
import os
import threading
from contextlib import closing

import pytest

from device_agents.child.in_process import InProcessLauncher
from device_agents.child.orders import Answered, MeasureOrder, ProbeOrder
from device_agents.child.process import ChildFailed
from device_agents.host.cores import allowed_cores
from device_agents.runtimes.settings import RuntimeSettings
from latency_service.contract.conditions import Conditions
from latency_service.contract.device import RuntimeStatus
from tests.fake_worker import QUICK, SLOW, FakeRuntime, FakeWorkload, job


class CountedWorkload(FakeWorkload):
    def __init__(self, runs: list[int]) -> None:
        super().__init__(QUICK)
        self._runs = runs

    def run(self) -> None:
        super().run()
        self._runs.append(threading.get_ident())


class CountedRuntime(FakeRuntime):
    def __init__(self) -> None:
        self.runs: list[int] = []

    def load(self, *_: object, **__: object) -> CountedWorkload:
        return CountedWorkload(self.runs)


def launcher(runtime: FakeRuntime) -> InProcessLauncher:
    return InProcessLauncher(lambda name, settings: runtime)


def order(behaviour: int, cores: tuple[int, ...] = ()) -> MeasureOrder:
    return MeasureOrder(conditions=Conditions(runtime="fake"), jobs=(job(behaviour),), cores=cores)


def test_measuring_stands_still_while_the_caller_works_on_an_event() -> None:
    runtime = CountedRuntime()
    between: list[int] = []
    for _ in launcher(runtime).events(order(QUICK)):
        between.append(len(runtime.runs))
        handed_over = threading.Event()
        threading.Thread(target=handed_over.set).start()
        assert handed_over.wait(10)
        assert len(runtime.runs) == between[-1]
    assert between[-1] > between[0]


def test_jobs_are_measured_off_the_supervisors_thread_and_only_that_thread_is_pinned() -> None:
    runtime, allowed = CountedRuntime(), allowed_cores()
    answered = [e for e in launcher(runtime).events(order(QUICK, cores=allowed[-1:])) if isinstance(e, Answered)]
    assert answered[0].result.measurement is not None
    assert threading.get_ident() not in runtime.runs
    assert tuple(sorted(os.sched_getaffinity(0))) == allowed


def test_the_garbage_collector_runs_again_after_an_order_that_was_dropped() -> None:
    with closing(launcher(FakeRuntime()).events(order(SLOW))) as events:
        next(events)
        next(events)
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_order_that_cannot_be_carried_out_has_crashed_and_says_why() -> None:
    class Broken(FakeRuntime):
        def probe(self) -> RuntimeStatus:
            raise OSError("no such engine")

    with pytest.raises(ChildFailed, match="no such engine") as caught:
        list(launcher(Broken()).events(ProbeOrder(runtime="fake")))
    assert caught.value.failure.error_class == "crashed"


def test_the_runtime_is_made_with_what_the_owner_has_set_up() -> None:
    told: list[RuntimeSettings] = []

    def runtime_of(name: str, settings: RuntimeSettings) -> FakeRuntime:
        told.append(settings)
        return FakeRuntime()

    probe = ProbeOrder(runtime="fake")
    list(InProcessLauncher(runtime_of).events(probe))
    assert told == [probe.runtime_settings]
