import numpy as np
import pytest
from scipy.stats import kendalltau

from latency_service.services.correction.accuracy import network_error, standard_error, tau_b


@pytest.mark.parametrize("seed", range(5))
def test_the_rank_correlation_is_scipys_ties_included(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.integers(8, size=30).astype(float), rng.integers(8, size=30).astype(float)
    assert tau_b(one, other) == pytest.approx(kendalltau(one, other).statistic)


def test_values_that_are_all_alike_have_no_rank() -> None:
    assert tau_b(np.ones(4), np.arange(4.0)) is None
    assert tau_b(np.arange(4.0), np.ones(4)) is None


def test_errors_are_shares_of_what_was_measured() -> None:
    error = network_error(np.array([10.0, 20.0, 40.0]), np.array([11.0, 18.0, 40.0]))
    assert error.mape_percent == pytest.approx(100 * (0.1 + 0.1 + 0.0) / 3, rel=1e-5)
    assert error.rmse_ms == pytest.approx(((1 + 4 + 0) / 3) ** 0.5, rel=1e-5)
    assert error.kendall == 1.0


def test_the_standard_error_of_a_mean() -> None:
    assert standard_error(np.array([1.0, 2.0, 3.0, 4.0])) == pytest.approx((5 / 3) ** 0.5 / 2)
