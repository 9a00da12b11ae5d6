import math

import numpy as np
import pytest
from scipy.stats import multivariate_t

from latency_service.modelling.features import Matrix, feature_matrix
from latency_service.modelling.transfer.prior import Amounts, amounts_for, prior_of, squared_distances
from latency_service.modelling.transfer.shares import shares_of
from tests.simulated_devices import devices
from tests.simulated_ops import blocks

OPS = blocks(sizes=(7, 14), channels=(16, 24))
DISTANCES = squared_distances(feature_matrix(OPS))
SHARES = shares_of(np.log(devices(OPS, 5, seed=1)))
AMOUNTS = Amounts(factors=0.7, smooth=0.1, length=1.5, noise=0.002, freedom=4.0)


def test_a_device_is_a_level_on_the_mean_plus_factors_plus_what_is_smooth() -> None:
    prior = prior_of(SHARES, DISTANCES, AMOUNTS)
    assert prior.mean == pytest.approx(SHARES.levels.mean() + SHARES.effects)
    for one, other in ((0, 0), (0, 5), (3, 17)):
        factors = float(np.mean(SHARES.own[:, one] * SHARES.own[:, other]))
        smooth = math.exp(-DISTANCES[one, other] / (2 * 1.5**2))
        assert prior.shared[one, other] == pytest.approx(math.log(50) ** 2 + 0.7 * factors + 0.1 * smooth)
    assert (prior.noise, prior.freedom) == (0.002, 4.0)


def test_distances_are_of_scaled_features_and_one_on_average() -> None:
    features = np.array([[0.0, 5.0, 1.0], [2.0, 5.0, 3.0], [4.0, 5.0, 2.0]])
    found = squared_distances(features)
    assert found.mean() == pytest.approx(1)
    assert found[0, 2] / found[0, 1] == pytest.approx((16 / (8 / 3) + 1 / (2 / 3)) / (4 / (8 / 3) + 4 / (2 / 3)))
    assert not squared_distances(np.ones((3, 2))).any()


def test_the_amounts_make_each_table_likely_given_the_others() -> None:
    """No step to either side of any amount makes tables and amounts together more probable."""
    logs = np.log(devices(OPS, 5, seed=1))
    start, deviations = np.log([1.0, 0.02, 1.5, 2e-3, 4.0]), np.array([1.0, 1.5, 0.5, 1.5, 0.7])

    def density(amounts: Matrix) -> float:
        total = -float((((np.log(amounts) - start) / deviations) ** 2).sum()) / 2
        for table in range(len(logs)):
            prior = prior_of(SHARES.without(table), DISTANCES, Amounts(*amounts.tolist()))
            covariance = prior.shared + prior.noise * np.eye(len(OPS))
            total += float(multivariate_t(prior.mean, covariance, prior.freedom).logpdf(logs[table]))
        return total

    found = amounts_for(SHARES, DISTANCES)
    values = np.array([found.factors, found.smooth, found.length, found.noise, found.freedom])
    best = density(values)
    for amount in range(5):
        for step in (0.7, 1.4):
            moved = values.copy()
            moved[amount] *= step
            assert density(moved) < best + 1e-3


def test_of_many_tables_of_many_ops_a_part_is_enough() -> None:
    ops = blocks(sizes=(7, 14, 28, 56), channels=(16, 24, 40))
    shares = shares_of(np.log(devices(ops, 12, seed=2)))
    distances = squared_distances(feature_matrix(ops))
    drawn = amounts_for(shares, distances, most_tables=6, most_ops=40)
    assert drawn == amounts_for(shares, distances, most_tables=6, most_ops=40)
    whole = amounts_for(shares, distances, most_tables=12, most_ops=len(ops))
    assert drawn.noise == pytest.approx(whole.noise, rel=1.0)
