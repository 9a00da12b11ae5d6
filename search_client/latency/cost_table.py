"""CostTable: what ops cost, in whatever unit; a latency table is one."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from torch import Tensor

from latency_service.contract.ops import OpSpec


class CostTable(Protocol):
    """One additive cost of each op: what a network costs is the sum over its ops, and Zero costs nothing."""

    @property
    def unit(self) -> str:
        """Of all costs, as people write it: `ms`, `mJ`, `M MACs`."""
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
