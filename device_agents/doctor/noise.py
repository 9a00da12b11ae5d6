"""The noise floor: the same few ops measured several times, each time in a fresh process, as two tables would be."""

import statistics
from collections import Counter
from collections.abc import Callable
from itertools import combinations

from pydantic import BaseModel, ConfigDict

from device_agents.child.launcher import Launcher
from device_agents.child.measuring import measure_jobs
from device_agents.child.orders import MeasureOrder
from device_agents.stopwatch.instruments import Clock, examine_timer
from latency_service.contract.errors import LatencyError
from latency_service.contract.measurement import Measurement, Verdict
from latency_service.contract.messages import JobId, LeasedJob
from latency_service.contract.network import Workload
from latency_service.contract.ops import ConvBnAct, MBConv
from latency_service.contract.summary import quantile

REPEATS = 5
#: Early and wide, late and deep, and one that is hardly more than the runtime's call: they suffer from different noise.
CANONICAL_OPS: tuple[Workload, ...] = (
    MBConv(
        input_height=56, input_width=56, in_channels=24, out_channels=24, kernel_size=3, expand_ratio=6, has_skip=True
    ),
    MBConv(
        input_height=14, input_width=14, in_channels=96, out_channels=96, kernel_size=5, expand_ratio=3, has_skip=True
    ),
    ConvBnAct(input_height=7, input_width=7, in_channels=96, out_channels=160, kernel_size=1),
)


class NoiseNotMeasured(LatencyError):
    """The noise floor could not be measured; the message says why."""

    code = "noise_not_measured"


class NoiseFloor(BaseModel):
    """How far timings of this host can be trusted.

    Attributes:
        conditions: Under which the ops were measured, for people.
        repeats: How many fresh processes measured all of them.
        within: What one session says of itself: the median of the relative 95 % intervals' half widths.
        between: How far two of the sessions differ: the median of |ratio - 1| over ops and pairs of sessions.
        between_p90: Its 90th percentile.
        disturbed_share: Share of the samples that something else disturbed.
        foreign_load: Mean CPU time that other processes took, in cores; None where the host does not show it.
        steal_share: Mean share of time that a hypervisor kept; None where the host does not show it.
        timer_cost_ns: What one reading of the clock costs.
        timer_resolution_ns: The smallest step that the clock shows.
        verdicts: How many measurements the stopwatch found `ok`, `noisy` and `unfit`.
        complaints: Why not `ok`.
    """

    model_config = ConfigDict(frozen=True)

    conditions: str
    repeats: int
    within: float
    between: float
    between_p90: float
    disturbed_share: float
    foreign_load: float | None
    steal_share: float | None
    timer_cost_ns: float
    timer_resolution_ns: int
    verdicts: dict[Verdict, int]
    complaints: tuple[str, ...]


def measure_noise(
    launcher: Launcher, order: MeasureOrder, clock: Clock, on_step: Callable[[], None], repeats: int = REPEATS
) -> NoiseFloor:
    """Carry an order out several times and compare the results.

    Args:
        launcher: Starts a fresh process each time.
        order: What to measure; each time its rounds come in another order.
        clock: The one that the stopwatch reads.
        on_step: Called after each time.
        repeats: How many times, at least two.

    Raises:
        NoiseNotMeasured: A workload failed.
    """
    sessions = []
    for repeat in range(repeats):
        sessions.append(_session(launcher, order.model_copy(update={"seed": order.seed + repeat})))
        on_step()
    timer = examine_timer(clock)
    measurements = [measurement for session in sessions for measurement in session.values()]
    differences = sorted(_differences(sessions))
    return NoiseFloor(
        conditions=str(order.conditions),
        repeats=repeats,
        within=statistics.median(measurement.summary.relative_ci for measurement in measurements),
        between=statistics.median(differences),
        between_p90=quantile(differences, 0.9),
        disturbed_share=_disturbed_share(measurements),
        foreign_load=_mean([measurement.foreign_load for measurement in measurements]),
        steal_share=_mean([measurement.steal_share for measurement in measurements]),
        timer_cost_ns=timer.cost_ns,
        timer_resolution_ns=timer.resolution_ns,
        verdicts=dict(Counter(measurement.verdict for measurement in measurements)),
        complaints=tuple(sorted({reason for measurement in measurements for reason in measurement.reasons})),
    )


def canonical_jobs() -> tuple[LeasedJob, ...]:
    """Return the ops that the noise floor is measured with, as jobs."""
    return tuple(
        LeasedJob(job_id=JobId(f"noise-{number}"), attempt=1, workload=op) for number, op in enumerate(CANONICAL_OPS)
    )


def _session(launcher: Launcher, order: MeasureOrder) -> dict[JobId, Measurement]:
    found = {}
    for result in measure_jobs(launcher, order):
        if result.measurement is None:
            reason = result.failure.message if result.failure else "no answer"
            raise NoiseNotMeasured(f"the noise floor could not be measured with {order.conditions}: {reason}")
        found[result.job_id] = result.measurement
    return found


def _differences(sessions: list[dict[JobId, Measurement]]) -> list[float]:
    return [
        abs(one[job].summary.median_ms / other[job].summary.median_ms - 1)
        for one, other in combinations(sessions, 2)
        for job in one
    ]


def _disturbed_share(measurements: list[Measurement]) -> float:
    taken = sum(len(measurement.samples_ms) for measurement in measurements)
    return sum(len(measurement.disturbed) for measurement in measurements) / taken


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None
