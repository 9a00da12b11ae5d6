"""Student: a multivariate t distribution of a device's log-latencies, and what some of them tell of the others.

It differs from a Gaussian in one thing that matters here: how surprising the known values are widens what is said of
the unknown ones. A device unlike all others betrays itself by its first few measurements.

Sources: Shah, Wilson, Ghahramani, Student-t processes as alternatives to Gaussian processes, AISTATS 2014,
arXiv:1402.4306; the conditional with its scale: Ding, On the conditional distribution of the multivariate t
distribution, The American Statistician 70 (2016), arXiv:1604.00561, section 3.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import gammaln

from latency_service.modelling.additive import Vector
from latency_service.modelling.features import Matrix

Places = NDArray[np.intp]


@dataclass(frozen=True)
class Student:
    """A multivariate t distribution.

    Attributes:
        mean: Shape (ops,).
        shared: The part of the scale matrix by which ops tell of each other, shape (ops, ops).
        noise: The rest of it, the same for every op: what no other op tells.
        freedom: Degrees of freedom; the fewer, the more devices differ in how far they are from the mean.
    """

    mean: Vector
    shared: Matrix
    noise: float
    freedom: float

    def log_likelihood(self, values: Vector, places: Places) -> float:
        """Return the logarithm of the density of the values at these places, one each."""
        count, freedom = len(places), self.freedom
        lower = np.linalg.cholesky(self._scale(places))
        away = solve_triangular(lower, values - self.mean[places], lower=True)
        constant = gammaln((freedom + count) / 2) - gammaln(freedom / 2) - count / 2 * math.log(freedom * math.pi)
        distance = math.log1p(float(away @ away) / freedom)
        return float(constant - np.log(np.diag(lower)).sum() - (freedom + count) / 2 * distance)

    def given(self, values: Vector, places: Places) -> tuple[Vector, Vector]:
        """Return centres and spreads of a new measurement of each op, shape (ops,), once these values are known.

        Args:
            values: Log-latencies that were measured, shape (places,).
            places: Of which ops.
        """
        factor = cho_factor(self._scale(places), lower=True)
        away = values - self.mean[places]
        pull = cho_solve(factor, away)
        known = self.shared[:, places]
        explained = np.einsum("op,po->o", known, cho_solve(factor, known.T))
        variances = np.maximum(np.diag(self.shared) - explained, 0.0) + self.noise
        widened = self._widened(float(away @ pull), len(places))
        return self.mean + known @ pull, np.sqrt(widened * variances)

    def left_out_scores(self, values: Vector, places: Places) -> Vector:
        """Return how far each value is from what the others say of it, in their spreads, shape (places,).

        Source: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), section 5.4.2.
        """
        inverse = np.linalg.inv(self._scale(places))
        away = values - self.mean[places]
        pull, weights = inverse @ away, np.diag(inverse)
        distances = float(away @ pull) - pull**2 / weights
        return np.asarray(np.abs(pull) / np.sqrt(weights * self._widened(distances, len(places) - 1)))

    def _widened(self, distance: Vector | float, count: int) -> Vector | float:
        return (self.freedom + distance) / (self.freedom + count)

    def _scale(self, places: Places) -> Matrix:
        return np.asarray(self.shared[np.ix_(places, places)] + self.noise * np.eye(len(places)))
