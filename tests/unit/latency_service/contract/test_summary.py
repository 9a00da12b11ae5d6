import math
import random
from fractions import Fraction

import pytest

from latency_service.contract.summary import median_ci, quantile, summarize


def test_the_interval_of_the_median_has_the_ranks_of_the_binomial_tables() -> None:
    for n, lower in {5: 0, 6: 0, 10: 1, 20: 5, 50: 17, 100: 39}.items():
        assert median_ci(list(range(n))) == (lower, n - 1 - lower)


def test_the_interval_is_the_narrowest_that_keeps_its_level() -> None:
    for n in (6, 9, 33, 128, 2000):
        low, _ = median_ci(list(range(n)))

        def missed(rank: int, n: int = n) -> Fraction:
            return Fraction(2 * sum(math.comb(n, k) for k in range(rank + 1)), 2**n)

        assert missed(int(low)) <= Fraction(1, 20) < missed(int(low) + 1)


def test_the_interval_covers_the_median_as_often_as_it_says() -> None:
    rng = random.Random(7)
    draws = [sorted(rng.lognormvariate(0, 1) for _ in range(31)) for _ in range(2000)]
    covered = sum(low <= 1.0 <= high for low, high in map(median_ci, draws))
    assert 0.94 <= covered / 2000 <= 0.985  # order statistics of 31 samples cover 97.1 %


def test_outliers_are_classified_counted_and_kept() -> None:
    samples = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 2.3, 9.0]
    summary = summarize(samples)
    assert (summary.n, summary.mild_outliers, summary.severe_outliers) == (9, 1, 1)
    assert summary.median_ms == 1.4
    assert summary.mad_ms == pytest.approx(0.2)
    assert summary.relative_ci == pytest.approx((summary.ci_high_ms - summary.ci_low_ms) / 2 / 1.4)


def test_quantiles_are_interpolated() -> None:
    assert quantile([1.0, 2.0, 4.0], 0.75) == pytest.approx(3.0)
    assert quantile([5.0], 0.95) == 5.0


def test_the_interval_of_as_many_samples_as_a_measurement_may_hold_is_found_at_once() -> None:
    low, high = median_ci(range(100_000))
    half_width = 1.96 * math.sqrt(100_000) / 2  # the binomial's normal limit
    assert (high - low) / 2 == pytest.approx(half_width, rel=0.01)
