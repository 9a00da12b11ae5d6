"""Summary: robust statistics of one measurement's samples, the same for whoever computes them."""

import math
import statistics
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from latency_service.contract.intervals import rounds_ci


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
    """Return the summary of at least one sample, all of one round."""
    return summarize_rounds((samples_ms,))


def summarize_rounds(rounds_ms: Sequence[Sequence[float]], clock_step_ms: float = 0.0) -> Summary:
    """Return the summary of samples that were taken in rounds; there is at least one.

    Outliers lie beyond 1.5 (mild) or 3 (severe) interquartile ranges from the quartiles; they are counted and kept.

    Args:
        rounds_ms: The undisturbed samples of each round.
        clock_step_ms: The clock's smallest step, spread over a sample's runs.
    """
    ordered = sorted(sample for samples in rounds_ms for sample in samples)
    median = statistics.median(ordered)
    low, high = rounds_ci(rounds_ms, clock_step_ms)
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


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of sorted samples, interpolated linearly."""
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
