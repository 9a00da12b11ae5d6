"""Shares: log-latencies as a device's level, what an op takes on any device, and what is this device's own."""

from dataclasses import dataclass

import numpy as np

from latency_service.contract.errors import InvalidInput
from latency_service.modelling.additive import Vector
from latency_service.modelling.features import Matrix

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
    levels = _levels(held, known)
    effects = _means(held - known * levels[:, None], known)
    is_known = known.any(axis=0)
    middle = float(effects[is_known].mean())
    levels, effects = levels + middle, np.where(is_known, effects - middle, 0.0)
    return Shares(levels, effects, known * (held - levels[:, None] - effects), known)


def _levels(held: Matrix, known: Matrix) -> Vector:
    """Return the levels, up to a constant: what is left of the normal equations once the effects are eliminated.

    Tables that have no op in common, not even by way of others, have no level beside each other: the least norm is it.
    """
    overlaps = (known / np.maximum(known.sum(axis=0), 1.0)) @ known.T
    beyond_effects = (held - known * _means(held, known)).sum(axis=1)
    return np.asarray(np.linalg.lstsq(np.diag(overlaps.sum(axis=1)) - overlaps, beyond_effects, rcond=None)[0])


def _means(held: Matrix, known: Matrix) -> Vector:
    """Return the ops' means over the tables that know them, 0 where none does."""
    return np.asarray(held.sum(axis=0) / np.maximum(known.sum(axis=0), 1.0))
