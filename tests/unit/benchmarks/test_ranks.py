import random

import pytest
from scipy import stats

from benchmarks.ranks import kendall_tau, spearman_rho


@pytest.mark.parametrize("size", [2, 5, 40])
def test_both_agree_with_a_library(size: int) -> None:
    draw = random.Random(size)
    first, second = ([draw.random() for _ in range(size)] for _ in range(2))
    assert kendall_tau(first, second) == pytest.approx(stats.kendalltau(first, second).statistic)
    assert spearman_rho(first, second) == pytest.approx(stats.spearmanr(first, second).statistic)


def test_the_same_order_is_1_and_the_opposite_one_is_less() -> None:
    assert (kendall_tau([1, 2, 3], [4, 5, 9]), kendall_tau([1, 2, 3], [9, 5, 4])) == (1, -1)
    assert (spearman_rho([1, 2, 3], [4, 5, 9]), spearman_rho([1, 2, 3], [9, 5, 4])) == (1, -1)
    assert kendall_tau([1, 1, 2], [1, 2, 3]) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="equal"):
        spearman_rho([1, 1, 2], [1, 2, 3])
