"""Warm-up: until the subject runs steadily, not a fixed number of runs."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from device_agents.stopwatch.instruments import Clock
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.sample import Sample, Sampler
from latency_service.contract.summary import quantile

_NOISE_FACTOR = 3.0
_FEWEST_WINDOWS = 4  # before a subject is called unsteady: two may differ by chance


@dataclass(frozen=True)
class WarmUp:
    """How many runs were spent, and whether the last two windows agreed."""

    runs: int
    is_steady: bool


def warm_up(sampler: Sampler, loops: int, rules: TimingRules, clock: Clock) -> WarmUp:
    """Run a subject until two consecutive windows agree, or the time is out.

    Source: pyperf, `--warmups` calibration.
    """
    start_ns = clock.now_ns()
    windows = [_window(sampler, loops, rules)]
    is_steady = is_late = False
    while not (is_steady or is_late):
        windows.append(_window(sampler, loops, rules))
        before, now = ([sample.ms_per_run for sample in window] for window in windows[-2:])
        is_steady = _agree(before, now, rules.warmup_tolerance)
        is_late = len(windows) >= _FEWEST_WINDOWS and clock.now_ns() - start_ns >= rules.warmup_max_s * 1e9
    return WarmUp(sum(sample.runs for window in windows for sample in window), is_steady)


def _window(sampler: Sampler, loops: int, rules: TimingRules) -> list[Sample]:
    return [sampler.take_clean(loops) for _ in range(rules.warmup_window)]


def _agree(before: Sequence[float], now: Sequence[float], tolerance: float) -> bool:
    """Say whether median and quartiles of two windows differ by less than the tolerance or the windows' own noise."""
    medians = statistics.median(before), statistics.median(now)
    noise = max(_mad(before), _mad(now))
    allowed = max(tolerance * min(medians), _NOISE_FACTOR * noise)
    ordered = sorted(before), sorted(now)
    shifts = (abs(quantile(ordered[0], share) - quantile(ordered[1], share)) for share in (0.25, 0.5, 0.75))
    return all(shift <= allowed for shift in shifts)


def _mad(values: Sequence[float]) -> float:
    median = statistics.median(values)
    return statistics.median(abs(value - median) for value in values)
