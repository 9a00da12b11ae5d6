import math

import numpy as np
import pytest
from scipy.stats import multivariate_t, norm

from latency_service.modelling.features import Matrix
from latency_service.modelling.transfer.student import Student

NOISE = 0.05


def student(freedom: float = 4.0, ops: int = 5, seed: int = 1) -> Student:
    drawn = np.random.default_rng(seed)
    factors = drawn.normal(size=(ops, 3))
    return Student(drawn.normal(size=ops), factors @ factors.T + 0.3 * np.eye(ops), NOISE, freedom)


def scale(of: Student) -> Matrix:
    return np.asarray(of.shared + of.noise * np.eye(len(of.mean)))


VALUES = np.array([0.3, -1.2, 2.0])
PLACES = np.array([0, 2, 3])


def test_its_density_is_scipys() -> None:
    of = student()
    among = np.ix_(PLACES, PLACES)
    expected = multivariate_t(of.mean[PLACES], scale(of)[among], of.freedom).logpdf(VALUES)
    assert of.log_likelihood(VALUES, PLACES) == pytest.approx(float(expected))


def test_what_it_tells_of_an_op_is_the_ratio_of_the_densities_with_and_without_it() -> None:
    """p(y | values) by numerical integration: its mean, and its variance, which is spread^2 freedom/(freedom - 2)."""
    of = student(freedom=6.0)
    grid = np.linspace(-60, 60, 40_001)
    joint = multivariate_t(of.mean[[0, 2, 3, 4]], scale(of)[np.ix_([0, 2, 3, 4], [0, 2, 3, 4])], of.freedom)
    density = joint.pdf(np.column_stack([np.tile(VALUES, (len(grid), 1)), grid]))
    density /= density.sum()
    mean = float(density @ grid)
    variance = float(density @ (grid - mean) ** 2)
    centres, spreads = of.given(VALUES, PLACES)
    freedom = of.freedom + len(PLACES)
    assert centres[4] == pytest.approx(mean, abs=1e-4)
    assert spreads[4] ** 2 * freedom / (freedom - 2) == pytest.approx(variance, rel=1e-3)


def test_with_many_degrees_of_freedom_it_is_a_gaussian() -> None:
    of = student(freedom=1e9)
    among, own = scale(of)[np.ix_(PLACES, PLACES)], of.shared[1, PLACES]
    pull = np.linalg.solve(among, VALUES - of.mean[PLACES])
    centres, spreads = of.given(VALUES, PLACES)
    assert centres[1] == pytest.approx(of.mean[1] + own @ pull)
    left = of.shared[1, 1] + NOISE - own @ np.linalg.solve(among, own)
    assert spreads[1] == pytest.approx(math.sqrt(left), rel=1e-6)
    one = np.array([1])
    gaussian = norm(of.mean[1], math.sqrt(of.shared[1, 1] + NOISE)).logpdf(0.4)
    assert of.log_likelihood(np.array([0.4]), one) == pytest.approx(float(gaussian), rel=1e-6)


def test_surprising_values_widen_what_is_said_of_the_others() -> None:
    of = student()
    expected, surprising = of.mean[PLACES], of.mean[PLACES] + 10
    assert of.given(surprising, PLACES)[1][1] > 2 * of.given(expected, PLACES)[1][1]


def test_scores_are_those_of_each_value_told_by_the_others() -> None:
    of = student()
    places, values = np.arange(4), np.array([0.3, -1.2, 2.0, 0.1])
    explicit = []
    for place in places:
        kept = np.delete(places, place)
        centres, spreads = of.given(values[kept], kept)
        explicit.append(abs(values[place] - centres[place]) / spreads[place])
    assert of.left_out_scores(values, places) == pytest.approx(np.array(explicit))
