"""The expected latency of a supernet, differentiable in the path probabilities.

Source: ProxylessNAS, arXiv:1812.00332, section 3.3, "Making latency differentiable".
"""

from collections.abc import Sequence

from torch import Tensor

from latency_service.contract.errors import InvalidInput
from search_client.latency.cost_table import CostTable
from search_client.spaces.space import SearchSpace


class ShapeMismatch(InvalidInput):
    """Two tensors that belong together differ in shape."""

    code = "shape_mismatch"


def expected_latency_ms(path_probs: Tensor, op_latency_ms: Tensor) -> Tensor:
    """Return the differentiable expected latency of one mixed op.

    Args:
        path_probs: Shape (num_candidates,), non-negative, sums to 1.
        op_latency_ms: Shape (num_candidates,), milliseconds, no gradient; taken to the type and device of path_probs.

    Returns:
        Scalar, milliseconds.

    Raises:
        ShapeMismatch: The two lengths differ.

    Source: ProxylessNAS, arXiv:1812.00332, section 3.3, "Making latency differentiable".
    """
    if path_probs.shape != op_latency_ms.shape:
        raise ShapeMismatch(
            f"path_probs has shape {tuple(path_probs.shape)}, op_latency_ms {tuple(op_latency_ms.shape)}: "
            "hand in one latency a candidate"
        )
    return (path_probs * op_latency_ms.to(path_probs)).sum()


class SupernetCost:
    """What all of a space's ops cost by one table, looked up once; in the table's unit, milliseconds for latencies.

    Attributes:
        unit: The table's.
        fixed: What stem and head cost together, with the table's intercept: what every network of the space costs.
        blocks: For each block its candidates' costs, shape (num_candidates,), float64.

    Raises:
        MissingEntries: The table lacks some of the space's ops; all of them are listed.
    """

    def __init__(self, space: SearchSpace, table: CostTable) -> None:
        table.require(space.ops())
        self.space = space
        self.unit = table.unit
        self.fixed = table.intercept + float(table.of((*space.stem, *space.head)).sum())
        self.blocks = tuple(table.of(block.candidates) for block in space.blocks)

    def expected(self, path_probs: Sequence[Tensor]) -> Tensor:
        """Return the expected cost of the whole supernet, a differentiable scalar.

        Args:
            path_probs: For each block shape (num_candidates,), sums to 1.

        Raises:
            ShapeMismatch: There is not one row of probabilities a block, or a row has not one a candidate.
        """
        if len(path_probs) != len(self.blocks):
            raise ShapeMismatch(
                f"the space has {len(self.blocks)} blocks, and got {len(path_probs)} rows of path_probs"
            )
        blocks = (expected_latency_ms(probs, costs) for probs, costs in zip(path_probs, self.blocks, strict=True))
        return sum(blocks, start=path_probs[0].new_tensor(self.fixed))

    def of_path(self, choices: Sequence[int]) -> float:
        """Return the cost of the network that these choices make.

        Raises:
            InvalidInput: The space has no such network.
        """
        self.space.chosen(choices)
        blocks = (float(costs[choice]) for costs, choice in zip(self.blocks, choices, strict=True))
        return self.fixed + sum(blocks)

    @property
    def range(self) -> tuple[float, float]:
        """The cost of the space's cheapest and of its dearest network."""
        cheapest = sum(float(costs.min()) for costs in self.blocks)
        dearest = sum(float(costs.max()) for costs in self.blocks)
        return self.fixed + cheapest, self.fixed + dearest
