"""Measuring protocols held against each other: ours, the fixed loops of published tables, torch's autorange.

`python -m benchmarks.protocols` is one fresh process: it takes an order on stdin, loads the ops, measures each of them
by every protocol, the protocols in random order, and prints an account. All protocols see the same loaded ops, the
same pinned core and the same allocator settings: what differs is how the runs are timed.
"""

import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

from pydantic import BaseModel, ConfigDict

from device_agents.child.process import child_environment
from device_agents.child.worker import REFERENCE_OP
from device_agents.host.contention import HostCounters
from device_agents.host.cores import pin
from device_agents.host.files import HostFiles
from device_agents.runtimes.base import LoadedWorkload
from device_agents.runtimes.registry import make_runtime
from device_agents.stopwatch.instruments import SystemClock, make_instruments
from device_agents.stopwatch.reference import ReferenceOp
from device_agents.stopwatch.rounds import measure_interleaved
from device_agents.stopwatch.rules import TimingRules
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import format_key, parse_key
from latency_service.contract.measurement import Measurement

OURS, AUTORANGE, QUIET = "ours", "blocked_autorange", "quiet"
#: Runs in a fixed loop. nn-Meter times 50 after 10 warm-up runs, others 100 or 1,000; all of them report the mean.
FIXED = {"fixed 50": 50, "fixed 100": 100, "fixed 1000": 1000}
FIXED_WARMUP_RUNS = 10
QUIET_RULES = TimingRules(min_s=1.0, max_s=1.0, min_rounds=20, target_relative_ci=1e-6, plateau_ratio=1e-6)

Subjects = Mapping[str, LoadedWorkload]


class Order(BaseModel):
    """What one fresh process is to do."""

    model_config = ConfigDict(frozen=True)

    runtime: str
    ops: tuple[str, ...]
    protocols: tuple[str, ...]
    cores: tuple[int, ...]
    seed: int


class Account(BaseModel):
    """What one fresh process found.

    Attributes:
        latency_ms: Milliseconds a run, by protocol, then op.
        seconds: What each protocol spent on all ops together, warm-up included.
    """

    model_config = ConfigDict(frozen=True)

    latency_ms: dict[str, dict[str, float]]
    seconds: dict[str, float]


def in_fresh_process(order: Order) -> Account:
    """Carry out an order in a process of its own, pinned to one core."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.protocols"],
        input=order.model_dump_json().encode(),
        stdout=subprocess.PIPE,
        env=child_environment(1, os.environ),
        check=True,
    )
    return Account.model_validate_json(done.stdout)


def carry_out(order: Order) -> Account:
    """Load the ops once and measure them by each protocol."""
    rng, conditions = random.Random(order.seed), Conditions(runtime=order.runtime)
    runtime = make_runtime(order.runtime)
    subjects = {key: runtime.load(parse_key(key), conditions) for key in order.ops}
    reference = runtime.load(REFERENCE_OP, conditions)
    latency_ms, seconds = {}, {}
    for protocol in rng.sample(order.protocols, len(order.protocols)):
        measure = _protocol(protocol, reference, order.cores, rng)
        started = time.perf_counter()
        latency_ms[protocol] = measure(subjects)
        seconds[protocol] = time.perf_counter() - started
    return Account(latency_ms=latency_ms, seconds=seconds)


def _protocol(
    name: str, reference: LoadedWorkload, cores: tuple[int, ...], rng: random.Random
) -> Callable[[Subjects], dict[str, float]]:
    if name in FIXED:
        return lambda subjects: {key: fixed_loop_ms(subject, FIXED[name]) for key, subject in subjects.items()}
    if name == AUTORANGE:
        return lambda subjects: {key: autorange_ms(subject) for key, subject in subjects.items()}
    rules = QUIET_RULES if name == QUIET else TimingRules()
    return lambda subjects: interleaved_ms(subjects, rules, reference, cores, rng)


def fixed_loop_ms(subject: LoadedWorkload, runs: int) -> float:
    """Return the mean of so many runs in a row, after ten that are not timed."""
    subject.next_input()
    for _ in range(FIXED_WARMUP_RUNS):
        subject.run()
    subject.synchronize()
    times = []
    for _ in range(runs):
        start = time.perf_counter_ns()
        subject.run()
        subject.synchronize()
        times.append(time.perf_counter_ns() - start)
    return statistics.fmean(times) / 1e6


def autorange_ms(subject: LoadedWorkload) -> float:
    """Return the median of torch.utils.benchmark's blocks, with its own defaults (0.2 s an op)."""
    from torch.utils.benchmark import Timer

    subject.next_input()
    return float(Timer("run()", globals={"run": subject.run}).blocked_autorange().median * 1000)


def interleaved_ms(
    subjects: Subjects, rules: TimingRules, reference: LoadedWorkload, cores: tuple[int, ...], rng: random.Random
) -> dict[str, float]:
    """Return our medians; an op without a timing raises."""
    instruments = make_instruments(SystemClock(), HostCounters(HostFiles(), cores))
    reference_op = ReferenceOp(lambda: reference, format_key(REFERENCE_OP), rules, instruments)
    found = {}
    for key, outcome in measure_interleaved(subjects, rules, instruments, rng, reference=reference_op):
        if not isinstance(outcome, Measurement):
            raise RuntimeError(f"{key} was not measured: {outcome.message}")
        found[key] = outcome.summary.median_ms
    return found


def _main() -> None:
    order = Order.model_validate_json(sys.stdin.buffer.read())
    pin(order.cores)
    sys.stdout.write(carry_out(order).model_dump_json())


if __name__ == "__main__":
    _main()
