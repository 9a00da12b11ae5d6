"""CountTable: what an op's own description tells of its cost; nothing has to be measured."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from latency_service.contract.ops import OpSpec

Count = Literal["macs", "parameters"]

_UNITS: Mapping[Count, str] = {"macs": "MACs", "parameters": "parameters"}
_COUNTS: Mapping[Count, Callable[[OpSpec], int]] = {"macs": lambda op: op.macs, "parameters": lambda op: op.parameters}


@dataclass(frozen=True)
class CountTable:
    """Multiply-accumulates of one image, or trained parameters, of any op; a CostTable."""

    count: Count

    @property
    def unit(self) -> str:
        """Of all counts."""
        return _UNITS[self.count]

    @property
    def intercept(self) -> float:
        """Of every network: none."""
        return 0.0

    def of(self, ops: Sequence[OpSpec]) -> Tensor:
        """Return the ops' counts in the order given: shape (len(ops),), float64, no gradient."""
        return torch.tensor([_COUNTS[self.count](op) for op in ops], dtype=torch.float64)

    def require(self, ops: Iterable[OpSpec]) -> None:
        """Do nothing: every op can be counted."""
