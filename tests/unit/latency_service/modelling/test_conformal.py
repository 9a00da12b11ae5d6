import math

import numpy as np
import pytest

from latency_service.modelling.conformal import jackknife_plus, least_rows


def test_the_ends_are_the_ranks_of_the_paper() -> None:
    """Of 19 rows: the 2nd smallest lower end, the 18th smallest upper one, at 90 %."""
    scores = np.arange(1.0, 20.0)
    low, high = jackknife_plus(np.zeros((1, 19)), np.ones((1, 19)), scores, level=0.9)
    assert (low[0], high[0]) == (-18.0, 18.0)


def test_spreads_widen_an_interval() -> None:
    scores, centres = np.ones(19), np.zeros((2, 19))
    low, high = jackknife_plus(centres, np.array([[1.0] * 19, [3.0] * 19]), scores)
    assert (low.tolist(), high.tolist()) == ([-1.0, -3.0], [1.0, 3.0])


def test_too_few_rows_promise_nothing() -> None:
    assert least_rows(0.9) == 9
    for rows, is_finite in ((8, False), (9, True)):
        low, high = jackknife_plus(np.zeros((1, rows)), np.ones((1, rows)), np.ones(rows), level=0.9)
        assert (math.isfinite(low[0]), math.isfinite(high[0])) == (is_finite, is_finite)


@pytest.mark.parametrize("level", [0.8, 0.9])
def test_exchangeable_data_are_covered_as_often_as_is_said(level: float) -> None:
    """Least squares on data whose noise grows: 1000 tables of 60 rows, one new row each; four standard errors."""
    rng, trials, rows = np.random.default_rng(0), 1000, 60
    hits = 0
    for _ in range(trials):
        x = rng.uniform(0, 1, rows + 1)
        design = np.stack([np.ones(rows + 1), x], axis=1)
        y = design @ [1.0, 2.0] + (0.1 + x) * rng.standard_t(4, rows + 1)
        hat = np.linalg.pinv(design[:rows])
        fitted, leverage = design[:rows] @ hat @ y[:rows], np.einsum("rd,dr->r", design[:rows], hat)
        off = (y[:rows] - fitted) / (1 - leverage)
        # The fit without row i: beta - (X'X)^-1 x_i r_i / (1 - h_i).
        without = (hat @ y[:rows])[:, None] - hat * off
        spreads = np.tile(np.ones(rows), (1, 1))
        low, high = jackknife_plus(design[rows:] @ without, spreads, np.abs(off), level)
        hits += low[0] <= y[rows] <= high[0]
    assert abs(hits / trials - level) < 4 * math.sqrt(level * (1 - level) / trials)
