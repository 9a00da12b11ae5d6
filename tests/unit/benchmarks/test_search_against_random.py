import math

import pytest

from benchmarks.search_against_random import lead


def test_the_lead_has_welchs_interval() -> None:
    first, second = [0.70, 0.72, 0.71], [0.66, 0.70, 0.62]
    mean, low, high = lead(first, second) or (0, 0, 0)
    assert mean == pytest.approx(0.05)
    # By hand: variances 0.0001 and 0.0016, each over 3; Welch and Satterthwaite's degrees of freedom; Student's t.
    error = math.sqrt((0.0001 + 0.0016) / 3)
    freedom = (0.0001 + 0.0016) ** 2 / (0.0001**2 / 2 + 0.0016**2 / 2)
    assert freedom == pytest.approx(2.2490, abs=1e-4)
    t_quantile = 3.8767  # of 0.975 at that freedom, between 4.303 at 2 and 3.182 at 3
    assert (high - mean, mean - low) == pytest.approx((t_quantile * error,) * 2, rel=1e-3)


def test_one_value_allows_no_interval() -> None:
    assert lead([0.7], [0.6, 0.5]) is None
