"""The stop rule: when a series has samples enough."""

import math
from collections.abc import Sequence
from statistics import NormalDist

from device_agents.stopwatch.record import Record
from device_agents.stopwatch.rules import TimingRules
from latency_service.contract.intervals import CI_LEVEL, rounds_ci, rounds_differ
from latency_service.contract.summary import quantile

#: Half the interval of a median of n normal samples is so many interquartile ranges over root n.
_HALF_WIDTHS = NormalDist().inv_cdf((1 + CI_LEVEL) / 2) * math.sqrt(math.pi / 2) / (2 * NormalDist().inv_cdf(0.75))


class StopRule:
    """Decides whether another round is worth taking.

    It stops on what the samples' interquartile range promises for the interval, not on the interval itself. Tried, does
    not work: stopping once the interval has reached its target. An interval that is narrow by chance stops the series,
    and is reported: intervals of level 95 % then cover 92.5 % (normal samples, 4 % spread, a look every eight samples;
    looks at 32, 64, 128, ... samples: 93.2 %). The range is known better than the interval's width, and rests on
    other samples: 94.3 %. See docs/adr/0008.

    Args:
        rules: The protocol's numbers.
        is_cold: Caches are flushed before every run.

    Source: nvbench, `stdrel` and `entropy` stopping criteria.
    """

    def __init__(self, rules: TimingRules, is_cold: bool = False) -> None:
        self._rules = rules
        self._max_s = rules.cold_max_s if is_cold else rules.max_s
        self._history: dict[int, float] = {}

    def needs_more(self, record: Record) -> bool:
        """Say whether another round is worth taking."""
        rules, kept = self._rules, record.kept
        rounds_ms, spent_s = [one.clean_ms for one in kept], sum(one.seconds for one in kept)
        clean = sum(map(len, rounds_ms))
        if len(record.rounds) < rules.min_rounds:
            return True
        if record.seconds >= rules.patience_s and len(record.samples) >= 3 * rules.fewest_samples:
            return False
        if len(kept) < rules.min_rounds or (record.is_unsteady and record.seconds < rules.unsteady_s):
            return True
        if clean >= rules.min_samples and spent_s >= rules.min_s and self._is_precise(rounds_ms):
            return False
        return clean < rules.fewest_samples or spent_s < self._max_s

    def _is_precise(self, rounds_ms: Sequence[Sequence[float]]) -> bool:
        """Say whether the median is known well enough, or more samples have ceased to help."""
        clean, history = sum(map(len, rounds_ms)), self._history
        if clean not in history:
            history[clean] = _relative_precision(rounds_ms)
        if history[clean] <= self._rules.target_relative_ci:
            return True
        half = max((n for n in history if n <= clean // 2), default=None)
        return half is not None and history[clean] > self._rules.plateau_ratio * history[half]


def _relative_precision(rounds_ms: Sequence[Sequence[float]]) -> float:
    """Return half the width of the median's interval, as a share of the median, as far as it can be foreseen."""
    ordered = sorted(sample for samples in rounds_ms for sample in samples)
    median, half_width = quantile(ordered, 0.5), 0.0
    if rounds_differ(rounds_ms):
        low, high = rounds_ci(rounds_ms)
        half_width = (high - low) / 2
    spread = quantile(ordered, 0.75) - quantile(ordered, 0.25)
    return max(half_width, _HALF_WIDTHS * spread / math.sqrt(len(ordered))) / median
