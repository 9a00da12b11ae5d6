"""LatencyModel: what a table's timed ops tell of an op that was not timed.

The logarithm of a latency is that of the op's additive costs, at prices that the table's rows are fitted to, plus a
Gaussian process over the op's shape. Gradient boosting and random forests on the same features lose to it clearly
(`python -m benchmarks latency-model`), and tell nothing of which op to measure next.

A fit of n rows costs O(n^3): half a second for 200 rows on one core. The same rows give the same model.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latency_service.contract.keys import format_key
from latency_service.contract.ops import OpSpec
from latency_service.modelling import conformal
from latency_service.modelling.additive import Vector, fit_prices, log_latencies
from latency_service.modelling.features import SHAPE_FEATURES, SURCHARGES, Matrix, cost_matrix, family, feature_matrix
from latency_service.modelling.limits import MOST_ROWS, check_rows
from latency_service.modelling.residuals import fit_process

#: Of a size's logarithm, where it never varied: a third more or less is another op.
_UNSEEN_DEVIATION = 0.3
#: Each takes a dozen numbers a row for as long as it is predicted.
_OPS_AT_ONCE = 1000
#: Of the process. Hidden channels tell the expand ratio, and what an op does stands in its costs.
_FEATURES = tuple(name for name in SHAPE_FEATURES if name != "log_expand_ratio")


@dataclass(frozen=True)
class Prediction:
    """An op's latency with the interval that holds it at conformal.LEVEL, milliseconds."""

    latency_ms: float
    low_ms: float
    high_ms: float


class LatencyModel:
    """A fitted model; it never changes.

    Args:
        ops: Those that were timed, each once.
        latencies_ms: Theirs, above zero.

    Raises:
        TooFewRows: There are fewer than LEAST_ROWS of them.
    """

    def __init__(self, ops: Sequence[OpSpec], latencies_ms: Sequence[float]) -> None:
        check_rows(len(ops))
        ops, latencies_ms = _representatives(ops, latencies_ms)
        self._families = frozenset(map(family, ops))
        latencies, costs = np.array(latencies_ms), cost_matrix(ops)
        self._scaling = _Scaling.of(feature_matrix(ops, _FEATURES))
        self._cheapest_ms = float(latencies.min())
        self._prices = fit_prices(costs, latencies, SURCHARGES)[None, :]
        self._prices_without = _prices_without(costs, latencies)
        targets = np.log(latencies)[:, None]
        residuals = targets - log_latencies(costs, self._prices, self._cheapest_ms)
        self._process = fit_process(self._scaling.features(ops), residuals[:, 0])
        self._weights = self._process.inverse @ residuals
        residuals_without = targets - log_latencies(costs, self._prices_without, self._cheapest_ms)
        self._weights_without = self._process.leave_out(residuals_without)
        self._scores = self._left_out_scores(ops, targets)

    @property
    def rows(self) -> int:
        """How many timed ops it knows."""
        return len(self._scores)

    @property
    def size_bytes(self) -> int:
        """What it takes in memory."""
        return 8 * (self._process.inverse.size + self._weights_without.size + self._process.rows.size)

    @property
    def noise(self) -> float:
        """Variance of a measured latency's logarithm around its value."""
        return self._process.noise

    def unknown_family(self, op: OpSpec) -> str | None:
        """Return the op's family where no op of it was timed, and it cannot be predicted; else None."""
        own = family(op)
        return None if own in self._families else own

    def predict(self, ops: Sequence[OpSpec]) -> list[Prediction]:
        """Return what the ops take. Of an unknown family nothing is known."""
        starts = range(0, len(ops), _OPS_AT_ONCE)
        return [each for start in starts for each in self._predict(ops[start : start + _OPS_AT_ONCE])]

    def _predict(self, ops: Sequence[OpSpec]) -> list[Prediction]:
        features, costs = self._scaling.features(ops), cost_matrix(ops)
        known = self._process.covariance_with_rows(features)
        logs = log_latencies(costs, self._prices, self._cheapest_ms) + known @ self._weights
        centres = log_latencies(costs, self._prices_without, self._cheapest_ms) + known @ self._weights_without
        spreads = np.sqrt(self._process.variances_without(features))
        lows, highs = conformal.jackknife_plus(centres, spreads, self._scores)
        # The model of all rows may stand outside an interval that comes from those without one each.
        return [
            Prediction(math.exp(log), math.exp(min(low, log)), math.exp(max(high, log)))
            for log, low, high in zip(logs[:, 0], lows, highs, strict=True)
        ]

    def log_covariance(self, ops: Sequence[OpSpec]) -> Matrix:
        """Return the covariance of the ops' log-latencies, given the rows, shape (ops, ops)."""
        return self._process.covariance(self._scaling.features(ops))

    def _left_out_scores(self, ops: Sequence[OpSpec], targets: Matrix) -> Vector:
        costs, features = cost_matrix(ops), self._process.rows
        known = self._process.covariance_with_rows(features)
        costs_without = np.diag(log_latencies(costs, self._prices_without, self._cheapest_ms))
        centres = costs_without + np.einsum("rk,kr->r", known, self._weights_without)
        spreads = np.sqrt(1 / np.diag(self._process.inverse))
        return np.asarray(np.abs(targets[:, 0] - centres) / spreads)


@dataclass(frozen=True)
class _Scaling:
    """Makes features comparable: mean 0, standard deviation 1 over the rows.

    A size that is the same in all rows is kept, so that an op of another size is known to be unlike them; families that
    do not occur are left out.
    """

    columns: NDArray[np.bool_]
    means: Vector
    deviations: Vector

    @classmethod
    def of(cls, rows: Matrix) -> "_Scaling":
        deviations = rows.std(axis=0)
        columns = (deviations > 0) | np.array([name.startswith("log_") for name in _FEATURES])
        deviations[deviations == 0] = _UNSEEN_DEVIATION
        return cls(columns, rows[:, columns].mean(axis=0), deviations[columns])

    def features(self, ops: Sequence[OpSpec]) -> Matrix:
        return (feature_matrix(ops, _FEATURES)[:, self.columns] - self.means) / self.deviations


def _prices_without(costs: Matrix, latencies: Vector) -> Matrix:
    """Return the prices that the other rows are fitted to, shape (left out, kinds of work)."""
    others = ~np.eye(len(latencies), dtype=bool)
    return np.array([fit_prices(costs[kept], latencies[kept], SURCHARGES) for kept in others])


def _representatives(ops: Sequence[OpSpec], latencies_ms: Sequence[float]) -> tuple[list[OpSpec], list[float]]:
    """Return at most MOST_ROWS rows, drawn alike and always the same, in one order."""
    rows = sorted(zip(ops, latencies_ms, strict=True), key=lambda row: format_key(row[0]))
    drawn = rows if len(rows) <= MOST_ROWS else random.Random(0).sample(rows, MOST_ROWS)
    return [op for op, _ in drawn], [latency for _, latency in drawn]
