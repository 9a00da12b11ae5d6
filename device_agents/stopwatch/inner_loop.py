"""The inner loop: how many runs make a sample long enough for the clock."""

import math

from device_agents.stopwatch.instruments import Instruments, TimerFacts
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.sample import take_clean_sample
from device_agents.stopwatch.subject import Subject

_MOST_LOOPS = 1 << 20
_MARGIN = 1.2
_FASTEST_GROWTH = 10


def shortest_sample_ns(timer: TimerFacts, rules: TimingRules) -> float:
    """Return how long a sample must last for the clock's cost and resolution to vanish in it."""
    return max(
        rules.min_sample_ms * 1e6,
        timer.cost_ns / rules.max_timer_share,
        timer.resolution_ns / rules.max_resolution_share,
    )


def calibrate(subject: Subject, rules: TimingRules, instruments: Instruments) -> int:
    """Return the number of runs a sample, grown until a sample is long enough.

    Source: torch.utils.benchmark, `Timer.adaptive_autorange`; TVM, `min_repeat_ms`.
    """
    needed_ns = shortest_sample_ns(instruments.timer, rules)
    loops = 1
    while True:
        duration_ns = take_clean_sample(subject, loops, instruments).duration_ns
        if duration_ns >= needed_ns or loops >= _MOST_LOOPS:
            return loops
        growth = needed_ns * _MARGIN / max(1, duration_ns)
        loops = min(_MOST_LOOPS, math.ceil(loops * min(growth, _FASTEST_GROWTH)))
