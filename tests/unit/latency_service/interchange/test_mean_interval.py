import pytest

from latency_service.interchange.mean_interval import mean_ci, student_quantile, variance_of


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.706205), (4, 2.776445), (5, 2.570582), (9, 2.262157), (49, 2.009575), (1000, 1.962339)],
)
def test_the_quantiles_are_those_of_the_printed_tables(freedom: int, quantile: float) -> None:
    assert student_quantile(freedom) == pytest.approx(quantile, rel=2e-4)


def test_an_interval_is_students() -> None:
    interval = mean_ci(10.0, variance=4.0, count=16)
    assert interval == pytest.approx((10 - 2.13145 * 0.5, 10 + 2.13145 * 0.5), rel=1e-4)


@pytest.mark.parametrize(("variance", "count"), [(4.0, 1), (4.0, 0), (0.0, 50)])
def test_without_samples_or_spread_there_is_no_interval(variance: float, count: int) -> None:
    assert mean_ci(10.0, variance, count) is None


def test_no_interval_reaches_below_zero() -> None:
    interval = mean_ci(1.0, variance=100.0, count=4)
    assert interval is not None
    assert interval[0] == 0.0


def test_an_intervals_variance_gives_the_interval_back() -> None:
    assert mean_ci(10.0, variance_of((9.5, 10.5), 7), 7) == pytest.approx((9.5, 10.5))
