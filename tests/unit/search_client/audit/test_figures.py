import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_client.audit.figures import LEAST_RANKED, figures, mean_figures, repeatability

MEASURED = [1.0, 2.0, 4.0, 8.0, 10.0]


def test_errors_are_shares_of_what_was_measured() -> None:
    found = figures([1.1, 1.8, 4.0, 8.0, 10.0], MEASURED)
    assert found.networks == 5
    assert found.mape_percent == pytest.approx((10 + 10) / 5)
    assert found.rmse_ms == pytest.approx(math.sqrt((0.1**2 + 0.2**2) / 5))


def test_the_standard_error_is_that_of_a_mean() -> None:
    found = figures([1.1, 1.8, 4.0, 8.0, 10.0], MEASURED)  # errors of 10, 10, 0, 0, 0 %: variance 30
    assert found.mape_error == pytest.approx(math.sqrt(30 / 5))


def test_rank_correlations_have_their_closed_forms() -> None:
    found = figures([2.0, 1.0, 4.0, 8.0, 10.0], MEASURED)  # one pair of neighbours of ten swapped
    assert found.kendall == pytest.approx((9 - 1) / 10)
    assert found.spearman == pytest.approx(1 - 6 * 2 / (5 * 24))


def test_a_handful_has_no_order_and_neither_have_equals() -> None:
    few = MEASURED[: LEAST_RANKED - 1]
    assert (figures(few, few).kendall, figures(few, few).spearman) == (None, None)
    assert figures([1.0] * 5, MEASURED).kendall is None


def test_one_network_has_no_standard_error() -> None:
    assert figures([1.1], [1.0]).mape_error is None


def test_a_session_that_is_slower_throughout_repeats_exactly() -> None:
    found = repeatability(MEASURED, [1.37 * each for each in MEASURED])
    assert found.mape_percent == pytest.approx(0, abs=1e-9)
    assert found.rmse_ms == pytest.approx(0, abs=1e-9)
    assert found.kendall == pytest.approx(1)


@given(st.floats(0.01, 0.5), st.floats(0.2, 5))
def test_the_common_factor_is_the_geometric_mean(spread: float, speed: float) -> None:
    first = [1.0, 1.0]
    second = [speed * (1 + spread), speed / (1 + spread)]
    found = repeatability(first, second)  # the common factor is exactly 1 / speed
    assert found.mape_percent == pytest.approx(100 * (spread + 1 - 1 / (1 + spread)) / 2)


def test_means_know_nothing_where_one_session_does_not() -> None:
    first, second = figures([1.1], [1.0]), figures([1.3], [1.0])
    mean = mean_figures([first, second])
    assert mean.mape_percent == pytest.approx(20)
    assert (mean.kendall, mean.mape_error) == (None, None)
