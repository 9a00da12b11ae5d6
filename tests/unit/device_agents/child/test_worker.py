import pytest

from device_agents.child.orders import Answered, Away, Event, MeasureOrder, Probed, ProbeOrder, Working
from device_agents.child.worker import REFERENCE_OP, carry_out
from device_agents.runtimes.base import DeviceAway, UnsupportedWorkload, WorkloadOutOfMemory
from device_agents.stopwatch.rules import TimingRules
from latency_service.contract.conditions import Conditions
from latency_service.contract.device import RuntimeStatus
from latency_service.contract.feeders import feeder_of
from latency_service.contract.keys import format_key
from latency_service.contract.messages import JobResult, LeasedJob
from latency_service.contract.network import Workload
from tests.fake_worker import NO_MEMORY, QUICK, RAISES, SLOW, UNSUPPORTED, FakeRuntime, FakeWorkload, fed_job, job

FAST = TimingRules(min_sample_ms=0.01, max_timer_share=0.5, max_resolution_share=1, max_s=0.05, min_s=0, patience_s=0.2)


def results_of(
    jobs: list[LeasedJob], runtime: FakeRuntime | None = None, in_context: bool = True, together: int = 32
) -> dict[str, JobResult]:
    events: list[Event] = []
    conditions = Conditions(runtime="fake")
    order = MeasureOrder(conditions=conditions, jobs=tuple(jobs), rules=FAST, in_context=in_context, together=together)
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
    assert measurement.runtime_facts == {"runtime_version": "1.0", "reference_op": format_key(REFERENCE_OP)}
    assert len(measurement.reference_ms) >= 2


def test_a_long_batch_is_loaded_in_parts_and_closed() -> None:
    for together, most in ((7, 7), (100, 20)):
        runtime = CountingRuntime(capacity=100)
        jobs = [job(QUICK, number) for number in range(20)]
        assert len(results_of(jobs, runtime, together=together)) == 20
        assert runtime.most == most + 1  # and the reference op
        assert runtime.open == 0


def test_a_group_ends_where_memory_runs_low_however_many_may_be_together(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = CountingRuntime(capacity=100)
    monkeypatch.setattr("device_agents.child.worker._memory_is_plenty", lambda: runtime.open < 1 + 5)
    assert len(results_of([job(QUICK, number) for number in range(20)], runtime, together=100)) == 20
    assert runtime.most == 5 + 1


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


class WithoutReference(FakeRuntime):
    """Has no kernel for the reference op."""

    def load(self, workload: Workload, conditions: Conditions, seed: int = 0) -> FakeWorkload:
        if workload == REFERENCE_OP:
            raise UnsupportedWorkload("no such kernel")
        return super().load(workload, conditions, seed)


def test_a_session_without_a_reference_op_measures_and_says_so() -> None:
    measurement = results_of([job(QUICK)], WithoutReference())["job-1-0"].measurement
    assert measurement is not None
    assert measurement.runtime_facts["reference_op"] is None
    assert measurement.runtime_facts["reference_absent"] == "no such kernel"
    assert measurement.reference_ms == ()


def test_a_job_that_takes_long_is_told_of_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device_agents.child.worker._SIGN_OF_LIFE_NS", 0)
    events: list[Event] = []
    order = MeasureOrder(conditions=Conditions(runtime="fake"), jobs=(job(QUICK),), rules=FAST)
    carry_out(order, lambda name, settings: FakeRuntime(), events.append)
    assert sum(isinstance(event, Working) for event in events) > FAST.min_samples


def test_caches_are_flushed_when_the_job_asks_for_cold_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    flushes: list[tuple[int, ...]] = []
    monkeypatch.setattr("device_agents.child.worker.cache_flusher", lambda files, cores: lambda: flushes.append(cores))
    for cache_state, is_flushed in (("hot", False), ("cold", True)):
        conditions = Conditions.model_validate({"runtime": "fake", "cache_state": cache_state})
        order = MeasureOrder(conditions=conditions, jobs=(job(QUICK),), rules=FAST)
        carry_out(order, lambda name, settings: FakeRuntime(), lambda event: None)
        assert bool(flushes) == is_flushed


class AwayRuntime(FakeRuntime):
    """Drives a device that goes away when a workload is loaded, or first run."""

    def __init__(self, when: str) -> None:
        self._when = when

    def load(self, workload: Workload, conditions: Conditions, seed: int = 0) -> FakeWorkload:
        if self._when == "load":
            raise DeviceAway("plug it in")

        class Gone(FakeWorkload):
            def run(self) -> None:
                raise DeviceAway("plug it in")

        return FakeWorkload(QUICK) if workload == REFERENCE_OP else Gone(QUICK)

    def probe(self) -> RuntimeStatus:
        raise DeviceAway("plug it in")


@pytest.mark.parametrize("when", ["load", "run"])
def test_a_device_that_goes_away_ends_the_child_and_fails_no_job(when: str) -> None:
    events: list[Event] = []
    order = MeasureOrder(conditions=Conditions(runtime="fake"), jobs=(job(QUICK), job(QUICK, 1)), rules=FAST)
    carry_out(order, lambda name, settings: AwayRuntime(when), events.append)
    assert events[-1] == Away(reason="plug it in")
    assert not any(isinstance(event, Answered) for event in events)


def test_a_device_that_is_away_is_not_said_to_lack_its_runtime() -> None:
    events: list[Event] = []
    carry_out(ProbeOrder(runtime="fake"), lambda name, settings: AwayRuntime("load"), events.append)
    assert events == [Away(reason="plug it in")]


def test_probing_asks_the_runtime() -> None:
    events: list[Event] = []
    carry_out(ProbeOrder(runtime="fake"), lambda name, settings: FakeRuntime(), events.append)
    (event,) = events
    assert isinstance(event, Probed)
    assert event.status.available


@pytest.fixture(autouse=True)
def _memory_is_plenty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device_agents.child.worker._memory_is_plenty", lambda: True)


def test_an_op_is_timed_alone_and_behind_its_feeder_which_others_share() -> None:
    jobs = [fed_job(SLOW), fed_job(QUICK), fed_job(QUICK, 1)]
    runtime = CountingRuntime(capacity=100)
    measured = {job_id: result.measurement for job_id, result in results_of(jobs, runtime).items()}
    assert runtime.most == 1 + 3 + 3 + 2  # the reference op, the ops, their chains, two feeders
    assert runtime.open == 0
    for each in jobs:
        measurement = measured[each.job_id]
        assert measurement is not None
        assert measurement.in_context is not None
        feeder = feeder_of(each.workload)
        assert feeder is not None
        assert measurement.in_context.feeder == format_key(feeder)
        assert len(measurement.in_context.alone.round_sizes) == len(measurement.in_context.chain.round_sizes)


def test_what_an_op_adds_is_what_it_adds_to_its_feeders_time() -> None:
    measurement = results_of([fed_job(SLOW)])["fed-7-0"].measurement
    assert measurement is not None
    assert measurement.in_context is not None
    assert measurement.summary.median_ms < 1
    assert measurement.in_context.latency_ms > 19  # a SLOW run sleeps for 20 ms


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (UNSUPPORTED, "unsupported: the fake runtime has no such op"),
        (NO_MEMORY, "out_of_memory: MemoryError: too big"),
        (RAISES, "crashed: ValueError: the graph is broken"),
    ],
)
def test_an_op_whose_chain_fails_has_its_isolated_timing_and_says_why(behaviour: int, reason: str) -> None:
    result = results_of([fed_job(behaviour)])[f"fed-{behaviour}-0"]
    assert result.measurement is not None
    assert result.measurement.in_context is None
    assert result.measurement.runtime_facts["in_context"] == reason


def test_an_op_whose_chain_does_not_fit_beside_others_is_measured_after_them() -> None:
    runtime = CountingRuntime(capacity=5)  # the reference op, two ops, a chain, a feeder
    results = results_of([fed_job(QUICK), fed_job(SLOW)], runtime)
    assert all(result.measurement and result.measurement.in_context for result in results.values())
    assert runtime.most <= 5


def test_an_order_may_ask_for_isolated_timings_alone() -> None:
    runtime = CountingRuntime(capacity=100)
    results = results_of([fed_job(QUICK)], runtime, in_context=False)
    assert runtime.most == 2
    measurement = results["fed-1-0"].measurement
    assert measurement is not None
    assert measurement.in_context is None
