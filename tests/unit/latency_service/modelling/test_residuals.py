"""Each row left out in closed form is what a process says that was never told of it."""

import numpy as np
import pytest

from latency_service.modelling.additive import Vector
from latency_service.modelling.features import Matrix
from latency_service.modelling.residuals import Process, fit_process

ROWS = 25


@pytest.fixture(scope="module")
def features() -> Matrix:
    return np.random.default_rng(0).normal(size=(ROWS, 2))


@pytest.fixture(scope="module")
def process(features: Matrix) -> Process:
    noise = np.random.default_rng(1).normal(scale=0.02, size=ROWS)
    return fit_process(features, 0.3 * np.sin(features[:, 0]) + noise)


def covariance(process: Process, one: Matrix, other: Matrix) -> Matrix:
    """Return the covariance of values, from the kernel's own figures."""
    lengths = process.kernel.k1.k2.length_scale
    squares = (((one[:, None] - other[None]) / lengths) ** 2).sum(axis=2)
    return np.asarray(process.variance * np.exp(-squares / 2))


def refitted(process: Process, residuals: Vector, left_out: int, asked: Matrix) -> tuple[Vector, Vector]:
    """Return means, and variances of measurements, by the process without a row, solved anew."""
    kept = np.arange(ROWS) != left_out
    rows = process.rows[kept]
    among = covariance(process, rows, rows) + process.noise * np.eye(ROWS - 1)
    known = covariance(process, asked, rows)
    means = known @ np.linalg.solve(among, residuals[kept])
    explained = np.einsum("ar,ra->a", known, np.linalg.solve(among, known.T))
    return means, process.variance - explained + process.noise


def test_a_row_left_out_is_as_one_that_was_never_there(process: Process) -> None:
    rng = np.random.default_rng(2)
    residuals, asked = rng.normal(size=(ROWS, ROWS)), rng.normal(size=(4, 2))
    means = process.covariance_with_rows(asked) @ process.leave_out(residuals)
    variances = process.variances_without(asked)
    for left_out in range(ROWS):
        expected = refitted(process, residuals[:, left_out], left_out, asked)
        assert means[:, left_out] == pytest.approx(expected[0], rel=1e-6, abs=1e-9)
        assert variances[:, left_out] == pytest.approx(expected[1], rel=1e-6)


def test_what_is_known_of_ops_together_is_the_conditioned_covariance(process: Process) -> None:
    asked = np.random.default_rng(3).normal(size=(3, 2))
    rows, known = process.rows, covariance(process, asked, process.rows)
    among = covariance(process, rows, rows) + process.noise * np.eye(ROWS)
    expected = covariance(process, asked, asked) - known @ np.linalg.solve(among, known.T)
    assert process.covariance(asked) == pytest.approx(expected, abs=1e-9)


def test_a_feature_that_tells_nothing_is_given_a_long_length(process: Process) -> None:
    telling, idle = process.kernel.k1.k2.length_scale
    assert idle > 2 * telling


def test_the_same_rows_give_the_same_process(process: Process, features: Matrix) -> None:
    noise = np.random.default_rng(1).normal(scale=0.02, size=ROWS)
    again = fit_process(features, 0.3 * np.sin(features[:, 0]) + noise)
    assert (again.kernel.theta == process.kernel.theta).all()
