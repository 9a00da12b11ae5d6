"""Shares: log-latencies as a device's level, what an op takes on any device, and what is this device's own."""

from dataclasses import dataclass

import numpy as np

from latency_service.contract.errors import InvalidInput
from latency_service.modelling.additive import Vector
from latency_service.modelling.features import Matrix

#: So many rounds settle levels and effects whatever the gaps; without gaps the first is exact.
_ROUNDS = 50

LEAST_TABLES = 2


class TooFewTables(InvalidInput):
    """Too few other tables know an op, so that nothing can be said of it on a new device."""


@dataclass(frozen=True)
class Shares:
    """logs = level of the table + effect of the op + own.

    Attributes:
        levels: Shape (tables,).
        effects: Shape (ops,), 0 on average.
        own: Shape (tables, ops); 0 where a table lacks an op.
        known: Where a table does not lack it, shape (tables, ops).
    """

    levels: Vector
    effects: Vector
    own: Matrix
    known: Matrix

    def without(self, table: int) -> "Shares":
        """Return those of the other tables; an op that none of these has keeps an effect of 0."""
        kept = np.arange(len(self.levels)) != table
        logs = self.levels[:, None] + self.effects + self.own
        return _shares(logs[kept], self.known[kept])


def shares_of(logs: Matrix) -> Shares:
    """Return the shares, by least squares over what is known.

    Args:
        logs: Log-latencies, shape (tables, ops); not a number where a table lacks an op.

    Raises:
        TooFewTables: An op is known to fewer than two tables.
    """
    known = np.isfinite(logs)
    lacking = int((known.sum(axis=0) < LEAST_TABLES).sum())
    if len(logs) < LEAST_TABLES or lacking:
        raise TooFewTables(
            f"{lacking or logs.shape[1]} op(s) stand in fewer than {LEAST_TABLES} tables of other devices: measure them"
        )
    return _shares(logs, known.astype(np.float64))


def _shares(logs: Matrix, known: Matrix) -> Shares:
    held = np.where(known > 0, logs, 0.0)
    levels, effects = np.zeros(len(logs)), np.zeros(logs.shape[1])
    for _ in range(_ROUNDS):
        levels = _means(held - known * effects, known, axis=1)
        effects = _means(held - known * levels[:, None], known, axis=0)
        effects -= effects.mean()
    return Shares(levels, effects, known * (held - levels[:, None] - effects), known)


def _means(held: Matrix, known: Matrix, axis: int) -> Vector:
    return np.asarray(held.sum(axis=axis) / np.maximum(known.sum(axis=axis), 1.0))
