"""Summary: robust statistics of one measurement's samples, the same for whoever computes them."""

import math
import statistics
from collections.abc import Sequence
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

CI_LEVEL = 0.95


class Summary(BaseModel):
    """Statistics of the undisturbed samples, in milliseconds a run."""

    model_config = ConfigDict(frozen=True)

    n: int = Field(ge=1)
    median_ms: float = Field(gt=0)
    ci_low_ms: float = Field(gt=0)
    ci_high_ms: float = Field(gt=0)
    mad_ms: float = Field(ge=0)
    min_ms: float = Field(gt=0)
    p05_ms: float
    p25_ms: float
    p75_ms: float
    p95_ms: float
    mild_outliers: int = Field(ge=0)
    severe_outliers: int = Field(ge=0)

    @property
    def relative_ci(self) -> float:
        """Half the width of the median's interval, as a share of the median."""
        return (self.ci_high_ms - self.ci_low_ms) / 2 / self.median_ms


def summarize(samples_ms: Sequence[float]) -> Summary:
    """Return the summary of at least one sample.

    Outliers lie beyond 1.5 (mild) or 3 (severe) interquartile ranges from the quartiles; they are counted and kept.
    """
    ordered = sorted(samples_ms)
    median = statistics.median(ordered)
    low, high = median_ci(ordered)
    p25, p75 = quantile(ordered, 0.25), quantile(ordered, 0.75)
    distances = [max(p25 - sample, sample - p75) for sample in ordered]
    severe = sum(distance > 3.0 * (p75 - p25) for distance in distances)
    beyond = sum(distance > 1.5 * (p75 - p25) for distance in distances)
    return Summary(
        n=len(ordered),
        median_ms=median,
        ci_low_ms=low,
        ci_high_ms=high,
        mad_ms=statistics.median(abs(sample - median) for sample in ordered),
        min_ms=ordered[0],
        p05_ms=quantile(ordered, 0.05),
        p25_ms=p25,
        p75_ms=p75,
        p95_ms=quantile(ordered, 0.95),
        mild_outliers=beyond - severe,
        severe_outliers=severe,
    )


def median_ci(ordered: Sequence[float]) -> tuple[float, float]:
    """Return the order-statistic confidence interval (level CI_LEVEL) of the median of sorted samples.

    Below six samples no such interval reaches the level: the whole range is returned.

    Source: Conover, Practical Nonparametric Statistics, section 3.2.
    """
    rank = _lower_rank(len(ordered))
    return ordered[rank], ordered[len(ordered) - 1 - rank]


@lru_cache(maxsize=4096)
def _lower_rank(n: int) -> int:
    """Return the largest r such that P(the median lies outside the r-th and (n-1-r)-th sample) <= 1 - CI_LEVEL."""
    allowed = 2**n * (100 - round(100 * CI_LEVEL)) // 200  # integers: 2**n leaves the range of a float
    rank, binomial, tail = 0, n, 1  # binomial: C(n, rank + 1), from the one before it; anew each would take minutes
    while tail + binomial <= allowed:
        rank += 1
        tail += binomial
        binomial = binomial * (n - rank) // (rank + 1)
    return rank


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of sorted samples, interpolated linearly."""
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
