"""What an op adds to its feeder, on simulated hosts: the interval holds the truth about as often as it says."""

import random
import statistics
import zlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import pytest

from benchmarks.host_kinds import KINDS, Generator, HostKind
from benchmarks.simulated_hosts import SimulatedHost, SimulatedSubject
from device_agents.child.batch import Batch, Part
from device_agents.runtimes.base import Array
from device_agents.stopwatch.reference import ReferenceOp
from device_agents.stopwatch.rounds import measure_interleaved
from device_agents.stopwatch.rules import TimingRules
from latency_service.contract.feeders import feeder_of
from latency_service.contract.in_context import InContext
from latency_service.contract.measurement import Measurement
from latency_service.contract.messages import JobId, LeasedJob
from latency_service.contract.network import NetworkSpec, Workload
from latency_service.contract.ops import ConvBnAct

RULES = TimingRules()
FEEDER_NS = 1_300_000
#: What an op takes alone, by its output channels, and how much less in context.
OPS_NS = {8: 300_000, 16: 600_000, 24: 1_200_000, 32: 2_500_000}
CONTEXT_SHARE = 0.8
_REFERENCE_NS = 500_000


@dataclass
class Loaded(SimulatedSubject):
    """A simulated subject as a runtime has loaded it."""

    closed: list[str] = field(default_factory=list)

    def infer(self, images: Array) -> Array:
        return images

    def close(self) -> None:
        self.closed.append(self.name)


@dataclass(frozen=True)
class Found:
    """An op's difference beside the truth, milliseconds."""

    context: InContext
    truth_ms: float

    @property
    def is_covered(self) -> bool:
        low, high = self.context.ci_ms
        return low <= self.truth_ms <= high


def job(channels: int) -> LeasedJob:
    op = ConvBnAct(input_height=8, input_width=8, in_channels=8, out_channels=channels, kernel_size=1)
    return LeasedJob(job_id=JobId(str(channels)), attempt=1, workload=op)


def true_ns(workload: Workload) -> int:
    """Return what a run of it takes at its best."""
    if isinstance(workload, NetworkSpec):
        return FEEDER_NS + round(CONTEXT_SHARE * OPS_NS[workload.output_shape.channels])
    return FEEDER_NS if workload == feeder_of(job(8).workload) else OPS_NS[workload.output_shape.channels]


def session(kind: HostKind, generator: Generator) -> Iterator[Found]:
    """Measure the ops once, as the child does, and yield what came of each."""
    host, times = kind.host(generator), defaultdict[Part, list[int]](list)

    def load(workload: Workload) -> Loaded:
        subject = kind.subject(host, true_ns(workload), generator)
        return Loaded(host, subject.duration_ns, subject.preempted_ns)

    def on_turn(part: Part, round_number: int) -> None:
        batch.note_turn(part, round_number)
        times[part].append(host.true_ns)

    with ExitStack() as stack:
        batch = Batch(load, stack, with_context=True)
        for channels in OPS_NS:
            batch.add(job(channels))
        reference = ReferenceOp(
            lambda: kind.subject(host, _REFERENCE_NS, generator), "an op", RULES, host.instruments()
        )
        rng = random.Random(int(generator.integers(2**32)))
        outcomes = measure_interleaved(
            batch.subjects, RULES, host.instruments(), rng, reference=reference, serves=batch.serves, on_turn=on_turn
        )
        for part, outcome in outcomes:
            for job_id, result in batch.note(part, outcome):
                assert isinstance(result, Measurement)
                assert result.in_context is not None
                middle_s = statistics.median(times[Part("chain", job_id)]) / 1e9
                yield Found(result.in_context, truth_ms(kind, host, int(job_id), result.in_context, middle_s))


def truth_ms(kind: HostKind, host: SimulatedHost, channels: int, context: InContext, moment_s: float) -> float:
    """Return the difference of the medians of endless series of undisturbed samples, at a moment."""

    def median_ns(run_ns: float, loops: int) -> float:
        return run_ns * kind.truth(loops, moment_s) + host.read_cost_ns / loops

    chain_ns = FEEDER_NS + CONTEXT_SHARE * OPS_NS[channels]
    return (median_ns(chain_ns, context.chain.inner_loops) - median_ns(FEEDER_NS, context.alone.inner_loops)) / 1e6


def found_on(name: str, count: int) -> list[Found]:
    (kind,) = (kind for kind in KINDS if kind.name == name)
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    return list(islice((found for _ in range(count) for found in session(kind, generator)), count))


def share(of: list[bool]) -> float:
    return sum(of) / len(of)


@pytest.mark.parametrize("name", ["normal noise, 1 %", "log-normal, 5 %", "exponential tail, 5 %"])
def test_the_difference_on_a_steady_host_holds_the_truth_about_as_often_as_it_says(name: str) -> None:
    found = found_on(name, 200)
    assert 0.91 <= share([each.is_covered for each in found]) <= 0.99


@pytest.mark.parametrize("name", ["drift, 1 % a second", "throttled by 30 % for 0.3 s"])
def test_a_drift_that_feeder_and_chain_share_does_not_move_the_difference(name: str) -> None:
    found = found_on(name, 200)
    assert share([each.is_covered for each in found]) >= 0.91


@pytest.mark.parametrize("name", ["neighbour for 0.2 of 0.6 s, +25 %", "drift, 10 % a second"])
def test_a_difference_that_stands_although_the_host_changes_is_seldom_far_from_the_truth(name: str) -> None:
    standing = [each for each in found_on(name, 200) if not each.context.reasons]
    assert share([abs(each.context.latency_ms / each.truth_ms - 1) < 0.1 for each in standing] or [True]) >= 0.95
