"""The expected latency of a supernet, differentiable in the path probabilities.

Source: ProxylessNAS, arXiv:1812.00332, section 3.3, "Making latency differentiable".
"""

from collections.abc import Sequence

from torch import Tensor

from latency_service.contract.errors import InvalidInput
from search_client.latency.table import LatencyTable
from search_client.spaces.space import SearchSpace


class ShapeMismatch(InvalidInput):
    """Two tensors that belong together differ in shape."""

    code = "shape_mismatch"


def expected_latency_ms(path_probs: Tensor, op_latency_ms: Tensor) -> Tensor:
    """Return the differentiable expected latency of one mixed op.

    Args:
        path_probs: Shape (num_candidates,), non-negative, sums to 1.
        op_latency_ms: Shape (num_candidates,), milliseconds, no gradient.

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
    return (path_probs * op_latency_ms).sum()


class SupernetLatency:
    """The latencies of all of a space's ops, looked up once.

    Attributes:
        fixed_ms: What stem and head cost together, milliseconds.
        block_ms: For each block its candidates' latencies, shape (num_candidates,), float64, milliseconds.

    Raises:
        MissingEntries: The table lacks some of the space's ops; all of them are listed.
    """

    def __init__(self, space: SearchSpace, table: LatencyTable) -> None:
        table.require(space.ops())
        self.space = space
        self.fixed_ms = float(table.of((*space.stem, *space.head)).sum())
        self.block_ms = tuple(table.of(block.candidates) for block in space.blocks)

    def expected_ms(self, path_probs: Sequence[Tensor]) -> Tensor:
        """Return the expected latency of the whole supernet, a differentiable scalar, milliseconds.

        Args:
            path_probs: For each block shape (num_candidates,), sums to 1.

        Raises:
            ShapeMismatch: There is not one row of probabilities a block, or a row has not one a candidate.
        """
        if len(path_probs) != len(self.block_ms):
            raise ShapeMismatch(
                f"the space has {len(self.block_ms)} blocks, and got {len(path_probs)} rows of path_probs"
            )
        blocks = (
            expected_latency_ms(probs, latency_ms.to(probs))
            for probs, latency_ms in zip(path_probs, self.block_ms, strict=True)
        )
        return sum(blocks, start=path_probs[0].new_tensor(self.fixed_ms))

    def path_ms(self, choices: Sequence[int]) -> float:
        """Return the latency of the network that these choices make, milliseconds.

        Raises:
            InvalidInput: The space has no such network.
        """
        self.space.chosen(choices)
        blocks = (float(latency_ms[choice]) for latency_ms, choice in zip(self.block_ms, choices, strict=True))
        return self.fixed_ms + sum(blocks)

    @property
    def range_ms(self) -> tuple[float, float]:
        """The latency of the space's fastest and of its slowest network, milliseconds."""
        fastest = sum(float(latency_ms.min()) for latency_ms in self.block_ms)
        slowest = sum(float(latency_ms.max()) for latency_ms in self.block_ms)
        return self.fixed_ms + fastest, self.fixed_ms + slowest
