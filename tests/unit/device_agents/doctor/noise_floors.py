"""A quiet noise floor, to be spoilt by tests; a launcher whose children measure what they are told to."""

from collections.abc import Callable, Generator

from device_agents.child.orders import Answered, Event, MeasureOrder, Order, Probed, ProbeOrder
from device_agents.doctor.noise import NoiseFloor
from latency_service.contract.device import RuntimeStatus
from latency_service.contract.measurement import Measurement, Verdict
from latency_service.contract.messages import JobResult
from latency_service.contract.summary import summarize
from tests.unit.device_agents.parts import NOON

QUIET = NoiseFloor(
    conditions="fake fp32 on cpu",
    repeats=5,
    within=0.004,
    between=0.008,
    between_p90=0.015,
    disturbed_share=0.01,
    foreign_load=0.02,
    steal_share=0.0,
    timer_cost_ns=25.0,
    timer_resolution_ns=1,
    verdicts={"ok": 15},
    complaints=(),
)


class ScriptedLauncher:
    """Answers each order to measure with the next session's latency, milliseconds, for every job."""

    def __init__(self, *sessions_ms: float, verdict: Verdict = "ok", disturbed: int = 0) -> None:
        self.orders: list[MeasureOrder] = []
        self._sessions_ms = iter(sessions_ms)
        self._verdict: Verdict = verdict
        self._disturbed = tuple(range(disturbed))

    def events(self, order: Order, is_unwanted: Callable[[], bool] = lambda: False) -> Generator[Event, None, None]:
        if isinstance(order, ProbeOrder):
            yield Probed(status=RuntimeStatus(available=True, version="1.0"))
            return
        self.orders.append(order)
        latency_ms = next(self._sessions_ms)
        for leased in order.jobs:
            yield Answered(result=JobResult(job_id=leased.job_id, measurement=self._measurement(latency_ms)))

    def _measurement(self, latency_ms: float) -> Measurement:
        samples_ms = (latency_ms,) * 10
        return Measurement(
            samples_ms=samples_ms,
            round_sizes=(10,),
            disturbed=self._disturbed,
            inner_loops=1,
            warmup_runs=0,
            summary=summarize(samples_ms),
            verdict=self._verdict,
            reasons=() if self._verdict == "ok" else ("the host was busy",),
            preemptions=0,
            foreign_load=0.5,
            started_at=NOON,
            finished_at=NOON,
        )
