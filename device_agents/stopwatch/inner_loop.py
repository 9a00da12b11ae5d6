"""The inner loop: how many runs make a sample long enough for the clock."""

import math

from device_agents.stopwatch.instruments import Instruments
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.sample import Sampler

_MOST_LOOPS = 1 << 20
_MARGIN = 1.2
_FASTEST_GROWTH = 10


def shortest_sample_ns(sampler: Sampler, rules: TimingRules, instruments: Instruments) -> float:
    """Return how long a sample must last for the clock's cost and resolution to vanish in it.

    Cold runs are timed one by one, so that more of them a sample make up for the clock's resolution alone. Of a
    device's own clock neither is known here: the shortest sample must do.
    """
    timer = instruments.timer
    by_resolution_ns = timer.resolution_ns / rules.max_resolution_share
    if sampler.is_self_timed:
        needed_ns = 0.0 if instruments.is_cold else rules.min_sample_ms * 1e6
    elif instruments.is_cold:
        needed_ns = by_resolution_ns
    else:
        needed_ns = max(rules.min_sample_ms * 1e6, timer.cost_ns / rules.max_timer_share, by_resolution_ns)
    return min(needed_ns, rules.max_sample_ms * 1e6)


def calibrate(sampler: Sampler, rules: TimingRules, instruments: Instruments) -> int:
    """Return the number of runs a sample, grown until a sample is long enough.

    Source: torch.utils.benchmark, `Timer.adaptive_autorange`; TVM, `min_repeat_ms`.
    """
    needed_ns = shortest_sample_ns(sampler, rules, instruments)
    loops = 1
    while True:
        duration_ns = sampler.take_clean(loops).duration_ns
        if duration_ns >= needed_ns or loops >= _MOST_LOOPS:
            return loops
        growth = needed_ns * _MARGIN / max(1, duration_ns)
        loops = min(_MOST_LOOPS, math.ceil(loops * min(growth, _FASTEST_GROWTH)))
