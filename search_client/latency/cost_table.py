"""CostTable: what ops cost, in whatever unit; a latency table is one."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from torch import Tensor

from latency_service.contract.ops import OpSpec


class CostTable(Protocol):
    """One additive cost of each op: a network costs the sum over its ops and the intercept, and Zero costs nothing."""

    @property
    def unit(self) -> str:
        """Of all costs, as people write it: `ms`, `mJ`, `M MACs`."""
        ...

    @property
    def intercept(self) -> float:
        """What every network costs besides its ops; 0 for most tables."""
        ...

    def of(self, ops: Sequence[OpSpec]) -> Tensor:
        """Return the ops' costs in the order given: shape (len(ops),), float64, no gradient.

        Raises:
            MissingEntries: Some have none; all of them are listed.
        """
        ...

    def require(self, ops: Iterable[OpSpec]) -> None:
        """Check that every op has a cost.

        Raises:
            MissingEntries: Some have none; all of them are listed.
        """
        ...
