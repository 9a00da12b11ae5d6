"""Combining: one value from the sessions in which a workload was measured.

The rule, for one workload of one table (device state, conditions, protocol version):

1. The latest `ok` session counts; where there is none, the latest `noisy` one stands alone. `unfit` never counts.
2. Older `ok` sessions count as well, from the newest backwards and MOST_SESSIONS in all, as long as all of them agree
   with each other (Cochran's Q at the 5 % level). The first that does not ends it: the device has drifted, and what is
   newer holds.
3. Their medians are averaged, each weighted by the inverse of its variance, which is taken from its interval. The
   average's interval is widened by the Birge ratio where the sessions scatter more than their intervals say.

Sources: Cochran, The combination of estimates from different experiments, Biometrics 10 (1954). Birge, The calculation
of errors by the method of least squares, Physical Review 40 (1932); the Particle Data Group scales errors the same way.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from latency_service.contract.measurement import Verdict

MOST_SESSIONS = 5

#: Half the width of a 95 % interval, in standard errors.
_Z95 = NormalDist().inv_cdf(0.975)
#: Chi-square's 95 % quantiles for 1 to MOST_SESSIONS - 1 degrees of freedom.
_CHI_SQUARE_95 = (3.841459, 5.991465, 7.814728, 9.487729)
#: No interval is narrower than this share of its median, so that none has all the weight.
_LEAST_RELATIVE_WIDTH = 1e-6


@dataclass(frozen=True)
class Timing:
    """What one session says of a workload: a median with its 95 % interval, milliseconds."""

    median_ms: float
    ci_low_ms: float
    ci_high_ms: float
    n: int
    verdict: Verdict


@dataclass(frozen=True)
class Combined:
    """A value made of the latest `sessions` sessions, with its 95 % interval, milliseconds."""

    latency_ms: float
    ci_low_ms: float
    ci_high_ms: float
    n: int
    verdict: Verdict
    sessions: int


def combine(newest_first: Sequence[Timing]) -> Combined | None:
    """Return the value that follows from a workload's sessions, or None where none of them is `ok` or `noisy`."""
    good = [timing for timing in newest_first if timing.verdict == "ok"]
    if not good:
        noisy = next((timing for timing in newest_first if timing.verdict == "noisy"), None)
        return None if noisy is None else _alone(noisy)
    agreeing = _agreeing(good[:MOST_SESSIONS])
    return _alone(good[0]) if len(agreeing) == 1 else _average(agreeing)


def _agreeing(newest_first: Sequence[Timing]) -> Sequence[Timing]:
    """Return the longest run of sessions from the newest on that are all in agreement."""
    count = 1
    while count < len(newest_first) and _scatter(newest_first[: count + 1]) <= _CHI_SQUARE_95[count - 1]:
        count += 1
    return newest_first[:count]


def _average(timings: Sequence[Timing]) -> Combined:
    mean, weight = _weighted_mean(timings)
    birge = math.sqrt(max(1.0, _scatter(timings) / (len(timings) - 1)))
    half_width = _Z95 / math.sqrt(weight) * birge
    return Combined(
        latency_ms=mean,
        ci_low_ms=max(0.0, mean - half_width),
        ci_high_ms=mean + half_width,
        n=sum(timing.n for timing in timings),
        verdict="ok",
        sessions=len(timings),
    )


def _alone(timing: Timing) -> Combined:
    return Combined(timing.median_ms, timing.ci_low_ms, timing.ci_high_ms, timing.n, timing.verdict, sessions=1)


def _scatter(timings: Sequence[Timing]) -> float:
    """Return Cochran's Q: chi-square with len(timings) - 1 degrees of freedom where all have the same true median."""
    mean, _ = _weighted_mean(timings)
    return sum(_weight(timing) * (timing.median_ms - mean) ** 2 for timing in timings)


def _weighted_mean(timings: Sequence[Timing]) -> tuple[float, float]:
    """Return the average by inverse variance, and the sum of the weights, the inverse of its own variance."""
    weights = [_weight(timing) for timing in timings]
    total = sum(weights)
    return sum(w * timing.median_ms for w, timing in zip(weights, timings, strict=True)) / total, total


def _weight(timing: Timing) -> float:
    width = max(timing.ci_high_ms - timing.ci_low_ms, _LEAST_RELATIVE_WIDTH * timing.median_ms)
    return (2 * _Z95 / width) ** 2
