import pytest

from device_agents.orders import Answered, Event, MeasureOrder, Probed, ProbeOrder, Working
from device_agents.runtimes.base import WorkloadOutOfMemory
from device_agents.stopwatch.rules import TimingRules
from device_agents.worker import carry_out
from latency_service.contract.conditions import Conditions
from latency_service.contract.messages import JobResult, LeasedJob
from latency_service.contract.network import Workload
from tests.fake_worker import NO_MEMORY, QUICK, RAISES, UNSUPPORTED, FakeRuntime, FakeWorkload, job

FAST = TimingRules(min_sample_ms=0.01, max_timer_share=0.5, max_resolution_share=1, max_s=0.05, min_s=0, patience_s=0.2)


def results_of(jobs: list[LeasedJob], runtime: FakeRuntime | None = None) -> dict[str, JobResult]:
    events: list[Event] = []
    order = MeasureOrder(conditions=Conditions(runtime="fake"), jobs=tuple(jobs), rules=FAST)
    carry_out(order, lambda name, settings: runtime or FakeRuntime(), events.append)
    return {event.result.job_id: event.result for event in events if isinstance(event, Answered)}


def error_class(result: JobResult) -> str | None:
    return result.failure.error_class if result.failure else None


class CountingRuntime(FakeRuntime):
    """Holds few workloads at a time; counts how many are open."""

    def __init__(self, capacity: int) -> None:
        self.open, self.most, self.capacity = 0, 0, capacity

    def load(self, workload: Workload, conditions: Conditions, seed: int = 0) -> FakeWorkload:
        if self.open == self.capacity:
            raise WorkloadOutOfMemory("full")
        self.open += 1
        self.most = max(self.most, self.open)
        runtime = self

        class Counted(FakeWorkload):
            def close(self) -> None:
                runtime.open -= 1

        return Counted(QUICK)


def test_every_job_is_answered_by_a_measurement_or_by_what_went_wrong() -> None:
    results = results_of([job(QUICK), job(UNSUPPORTED), job(NO_MEMORY), job(RAISES), job(QUICK, 1)])
    assert {job_id: error_class(result) for job_id, result in results.items()} == {
        "job-1-0": None,
        "job-2-0": "unsupported",
        "job-3-0": "out_of_memory",
        "job-4-0": "crashed",
        "job-1-1": None,
    }
    failure = results["job-4-0"].failure
    assert failure is not None
    assert failure.message == "ValueError: the graph is broken"


def test_the_measurement_says_what_the_runtime_did() -> None:
    measurement = results_of([job(QUICK)])["job-1-0"].measurement
    assert measurement is not None
    assert measurement.runtime_facts == {"runtime_version": "1.0"}


def test_a_long_batch_is_loaded_in_parts_and_closed() -> None:
    runtime = CountingRuntime(capacity=100)
    assert len(results_of([job(QUICK, number) for number in range(20)], runtime)) == 20
    assert runtime.most == 16
    assert runtime.open == 0


def test_a_workload_that_does_not_fit_beside_others_is_measured_after_them() -> None:
    results = results_of([job(QUICK, number) for number in range(5)], CountingRuntime(capacity=2))
    assert len(results) == 5
    assert all(result.measurement for result in results.values())


def test_the_child_says_what_it_works_on_before_it_does() -> None:
    events: list[Event] = []
    order = MeasureOrder(conditions=Conditions(runtime="fake"), jobs=(job(UNSUPPORTED),), rules=FAST)
    carry_out(order, lambda name, settings: FakeRuntime(), events.append)
    assert events[0] == Working(job_id=job(UNSUPPORTED).job_id)
    assert isinstance(events[1], Answered)


def test_probing_asks_the_runtime() -> None:
    events: list[Event] = []
    carry_out(ProbeOrder(runtime="fake"), lambda name, settings: FakeRuntime(), events.append)
    (event,) = events
    assert isinstance(event, Probed)
    assert event.status.available


@pytest.fixture(autouse=True)
def _memory_is_plenty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device_agents.worker._memory_is_plenty", lambda: True)
