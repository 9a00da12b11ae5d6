"""Prior: what is known of a device before anything of it is measured, from tables of other devices.

A device's log-latencies are the mean of the others', plus its level, plus what the others' own shares span (factors: at
most as many as there are other tables), plus a smooth function of the ops' features, plus noise. How much of each, the
other tables tell: each in turn is explained by a prior that was made without it.

That devices are few numbers away from each other is what HELP rests on too, where a network is meta-learned to take a
device's latencies of ten references as its embedding: Lee et al., NeurIPS 2021, arXiv:2106.08630. For a dozen tables of
some hundred ops a linear model has all that can be learned, and says how sure it is.
"""

import math
import random
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from threadpoolctl import threadpool_limits

from latency_service.modelling.additive import Vector
from latency_service.modelling.features import Matrix
from latency_service.modelling.transfer.shares import Shares
from latency_service.modelling.transfer.student import Places, Student

#: Of a device's level, before anything is known: a factor of 50 more or less is nothing out of the ordinary.
_LEVEL_VARIANCE = math.log(50) ** 2
#: Logarithms of Amounts, where the search for them starts, and how far they are likely to be from there.
_START = (0.0, math.log(0.02), math.log(1.5), math.log(2e-3), math.log(4.0))
_DEVIATIONS = (1.0, 1.5, 0.5, 1.5, 0.7)
_REACH = 4.0
_MOST_STEPS = 60


@dataclass(frozen=True)
class Amounts:
    """How much there is of each part of a prior.

    Attributes:
        factors: Of the others' own shares, 1 for as much as among themselves.
        smooth: Variance of what is a smooth function of the features.
        length: Over which it is smooth; 1 is the root mean square distance of two ops.
        noise: Variance of what no other op tells.
        freedom: See Student.
    """

    factors: float
    smooth: float
    length: float
    noise: float
    freedom: float


def prior_of(others: Shares, distances: Matrix, amounts: Amounts) -> Student:
    """Return what is known of a new device.

    Args:
        others: Tables of other devices.
        distances: Between ops, see `squared_distances`.
        amounts: See `amounts_for`.
    """
    factors = others.own.T @ others.own / len(others.levels)
    smooth = np.exp(-distances / (2 * amounts.length**2))
    shared = _LEVEL_VARIANCE + amounts.factors * factors + amounts.smooth * smooth
    return Student(float(others.levels.mean()) + others.effects, shared, amounts.noise, amounts.freedom)


def squared_distances(features: Matrix) -> Matrix:
    """Return squared distances of ops by their features, 1 on average, shape (ops, ops)."""
    deviations = features.std(axis=0)
    scaled = features[:, deviations > 0] / deviations[deviations > 0]
    distances = cdist(scaled, scaled, "sqeuclidean") if scaled.shape[1] else np.zeros((len(features), len(features)))
    average = float(distances.mean())
    return np.asarray(distances / average if average > 0 else distances)


def amounts_for(others: Shares, distances: Matrix, most_tables: int = 8, most_ops: int = 120) -> Amounts:
    """Return the amounts by which each table is most probable, given a prior of the others; from one fixed start.

    Five numbers do not need all that large tables know: a part of it, always the same, settles them within a second.

    Args:
        others: Tables of other devices.
        distances: See `squared_distances`.
        most_tables: That are explained, each by all the others.
        most_ops: That they are explained at.
    """
    drawn = random.Random(0)
    places = np.array(_some(drawn, len(distances), most_ops), dtype=np.intp)
    distances = distances[np.ix_(places, places)]
    rows = [_Row.of(others, table).at(places) for table in _some(drawn, len(others.levels), most_tables)]
    start, deviations = np.array(_START), np.array(_DEVIATIONS)

    def cost(away: Vector) -> float:
        amounts = Amounts(*np.exp(start + deviations * away))
        return float(away @ away) / 2 - sum(row.log_likelihood(distances, amounts) for row in rows)

    # More threads than one make matrices of this size slower, and take cores from other requests.
    with threadpool_limits(1):
        bounds = [(-_REACH, _REACH)] * len(start)
        found = minimize(cost, np.zeros(len(start)), method="L-BFGS-B", bounds=bounds, options={"maxiter": _MOST_STEPS})
    return Amounts(*(float(value) for value in np.exp(start + deviations * found.x)))


def _some(drawn: random.Random, count: int, most: int) -> list[int]:
    return sorted(drawn.sample(range(count), min(count, most)))


@dataclass(frozen=True)
class _Row:
    """A table, and the tables that explain it."""

    others: Shares
    logs: Vector
    known: Vector

    @classmethod
    def of(cls, shares: Shares, table: int) -> "_Row":
        logs = shares.levels[table] + shares.effects + shares.own[table]
        return cls(shares.without(table), logs, shares.known[table])

    def at(self, places: Places) -> "_Row":
        """Return the row at some ops alone."""
        others = self.others
        part = Shares(others.levels, others.effects[places], others.own[:, places], others.known[:, places])
        return _Row(part, self.logs[places], self.known[places])

    def log_likelihood(self, distances: Matrix, amounts: Amounts) -> float:
        places = np.flatnonzero(self.known)
        return prior_of(self.others, distances, amounts).log_likelihood(self.logs[places], places)
