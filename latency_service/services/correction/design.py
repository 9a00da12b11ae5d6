"""Design: anchors and entries as the matrices of a linear model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from latency_service.services.correction.anchors import Anchor
from latency_service.services.correction.classes import classes_of
from latency_service.services.correction.leaving_out import Matrix

#: Singular values further apart than this are those of columns that say the same.
_LEAST_CONDITION = 1e-6


@dataclass(frozen=True)
class Design:
    """n anchors of m different ops.

    Attributes:
        op_keys: In the order of columns.
        measured_ms: Shape (n,).
        op_ms: Each op's entries in each anchor, of shape (n, m).
        depths: How many ops each anchor has, of shape (n,).
    """

    op_keys: tuple[str, ...]
    measured_ms: Matrix
    op_ms: Matrix
    depths: Matrix

    @classmethod
    def of(cls, entries_ms: Mapping[str, float], anchors: Sequence[Anchor]) -> "Design":
        """Return the design of anchors all of whose ops have entries."""
        op_keys = tuple(sorted({key for anchor in anchors for key in anchor.op_counts}))
        counts = np.array([[anchor.op_counts.get(key, 0) for key in op_keys] for anchor in anchors], dtype=np.float64)
        return cls(
            op_keys=op_keys,
            measured_ms=np.array([anchor.latency_ms for anchor in anchors]),
            op_ms=counts * np.array([entries_ms[key] for key in op_keys]),
            depths=counts.sum(axis=1),
        )

    @cached_property
    def targets(self) -> Matrix:
        """What every relative prediction should be, of shape (n,)."""
        return np.ones(len(self.measured_ms))

    @cached_property
    def shares(self) -> Matrix:
        """Each op's share of each anchor, of shape (n, m)."""
        return self.op_ms / self.measured_ms[:, None]

    @cached_property
    def class_shares(self) -> Matrix:
        """Each class's share of each anchor, of shape (n, number of classes)."""
        return self.shares @ self.memberships

    @cached_property
    def memberships(self) -> Matrix:
        """Which op (row) is of which class (column): 1, or 0."""
        of_ops = [classes_of(key) for key in self.op_keys]
        names = sorted({name for several in of_ops for name in several})
        return np.array([[float(name in several) for name in names] for several in of_ops])

    def work(self, has_intercept: bool) -> Matrix:
        """Return the columns of scale and, if wanted, intercept in units of `intercept_unit_ms`: (n, 1 or 2)."""
        sums = self.shares.sum(axis=1)
        return np.stack((sums, self._constant), axis=1) if has_intercept else sums[:, None]

    def number_of_ops(self) -> Matrix:
        """Return the columns of a constant and of the number of ops, of shape (n, 2)."""
        return np.stack((self._constant, self._constant * self.depths / self.depths.mean()), axis=1)

    @cached_property
    def intercept_unit_ms(self) -> float:
        """The anchors' mean, which makes the columns of similar size."""
        return float(self.measured_ms.mean())

    @cached_property
    def _constant(self) -> Matrix:
        return np.asarray(self.intercept_unit_ms / self.measured_ms)


def are_independent(columns: Matrix) -> bool:
    """Say whether no column of a matrix is made of the others, as far as can be told."""
    values = np.linalg.svd(columns, compute_uv=False)
    return len(values) == columns.shape[1] and bool(values[-1] > _LEAST_CONDITION * values[0])
