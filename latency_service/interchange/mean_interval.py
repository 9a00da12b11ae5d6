"""Mean interval: the confidence interval that follows from a mean, a variance and a count, and the way back."""

import math
from statistics import NormalDist

from latency_service.contract.intervals import CI_LEVEL, Interval

#: Student's 97.5 % quantiles for 1 to 4 degrees of freedom; from there on the series is right to 0.02 %.
_FEW = (12.706205, 4.302653, 3.182446, 2.776445)
_Z = NormalDist().inv_cdf((1 + CI_LEVEL) / 2)


def mean_ci(mean: float, variance: float, count: int) -> Interval | None:
    """Return the interval (level CI_LEVEL) of a mean; None where fewer than two samples, or no spread, stand behind it.

    It is Student's, of independent samples; it never reaches below zero.
    """
    if count < 2 or variance == 0:
        return None
    half = student_quantile(count - 1) * math.sqrt(variance / count)
    return max(0.0, mean - half), mean + half


def variance_of(interval: Interval, count: int) -> float:
    """Return the variance of which `mean_ci` makes an interval as wide; there are at least two samples."""
    half = (interval[1] - interval[0]) / 2
    return count * (half / student_quantile(count - 1)) ** 2


def student_quantile(freedom: int) -> float:
    """Return the quantile (1 + CI_LEVEL) / 2 of Student's t.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.
    """
    if freedom <= len(_FEW):
        return _FEW[freedom - 1]
    z = _Z
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * freedom**4)
    )
