import math
import random

import pytest

from latency_service.contract.intervals import median_ci, rounds_ci, rounds_differ

LEVEL = 0.955


def quiet_rounds(rng: random.Random, sigma: float = 0.01) -> list[list[float]]:
    return [[rng.gauss(1, sigma) for _ in range(8)] for _ in range(6)]


def level_of(rank: int, n: int) -> float:
    """Return the exact level of the interval between the rank-th samples from both ends, counted from 0."""
    return 1 - 2 * sum(math.comb(n, k) for k in range(rank + 1)) / float(2**n)


@pytest.mark.parametrize("n", [7, 9, 33, 128, 900])
def test_the_interval_lies_between_the_pairs_of_samples_whose_levels_enclose_its_own(n: int) -> None:
    low, high = median_ci([float(value) for value in range(n)])
    assert level_of(math.floor(low), n) >= LEVEL > level_of(math.floor(low) + 1, n)
    assert low + high == pytest.approx(n - 1)


def test_below_six_samples_the_interval_is_the_whole_range() -> None:
    assert median_ci([1.0, 2.0, 3.0, 4.0, 5.0]) == (1.0, 5.0)


@pytest.mark.parametrize("n", [12, 31, 48])
def test_the_interval_covers_the_median_as_often_as_it_says(n: int) -> None:
    rng = random.Random(n)
    draws = [sorted(rng.lognormvariate(0, 1) for _ in range(n)) for _ in range(4000)]
    covered = sum(low <= 1.0 <= high for low, high in map(median_ci, draws))
    assert covered / 4000 == pytest.approx(LEVEL, abs=0.012)


def test_the_interval_of_as_many_samples_as_a_measurement_may_hold_is_found_at_once() -> None:
    low, high = median_ci(range(100_000))
    half_width = 2.01 * math.sqrt(100_000) / 2  # the binomial's normal limit
    assert (high - low) / 2 == pytest.approx(half_width, rel=0.01)


def test_rounds_of_a_steady_machine_are_seldom_called_different() -> None:
    rng = random.Random(1)
    assert sum(rounds_differ(quiet_rounds(rng)) for _ in range(1000)) / 1000 == pytest.approx(0.045, abs=0.02)


def test_rounds_that_differ_widen_the_interval_to_the_medians_of_all() -> None:
    rounds = quiet_rounds(random.Random(2), sigma=0.001)
    assert rounds_ci(rounds)[1] < 1.01
    slow_low, slow_high = rounds_ci([*rounds[:4], *([sample * 1.1 for sample in one] for one in rounds[4:])])
    assert slow_low <= 1.0 < 1.099 < slow_high


def test_a_drift_across_the_rounds_widens_the_interval() -> None:
    rounds = [[sample + 0.01 * number for sample in one] for number, one in enumerate(quiet_rounds(random.Random(3)))]
    low, high = rounds_ci(rounds)
    assert high - low > 0.04


def test_equal_samples_do_not_differ_between_rounds() -> None:
    assert not rounds_differ([[1.0, 1.0], [1.0, 1.0]])
    assert not rounds_differ([[1.0], [], [2.0]])
    assert not rounds_differ([[1.0]])


def test_ties_count_as_ties() -> None:
    assert rounds_differ([[1.0] * 8, [1.0] * 8, [2.0] * 8])


def test_the_interval_is_never_narrower_than_a_step_of_the_clock() -> None:
    assert rounds_ci([[5.0] * 20], clock_step=0.1) == pytest.approx((4.9, 5.1))
    assert rounds_ci([[1.0, 2.0] * 20], clock_step=0.1) == (1.0, 2.0)
    low, _ = rounds_ci([[0.001] * 20], clock_step=0.1)
    assert low > 0
