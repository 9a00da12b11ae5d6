"""LatencyLoss: makes one number of cross entropy and expected latency."""

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor


class LatencyLoss(Protocol):
    """Makes one number of cross entropy and a cost, and may adapt to what the search's steps lead to.

    The cost is a latency in milliseconds, or what another table holds, in that table's unit; so is a target.
    """

    def __call__(self, ce: Tensor, expected: Tensor) -> Tensor:
        """Return the loss of an architecture step, differentiable in both.

        Args:
            ce: Cross entropy, scalar; where there are several costs, the loss that the one before has returned.
            expected: Expected cost of the supernet, scalar, positive.
        """
        ...

    def observe(self, expected: float, derived: float) -> None:
        """Take note of where a step led to.

        Args:
            expected: Expected cost over all paths.
            derived: Cost of the network of the most probable ops.
        """
        ...

    def is_met(self, derived: float) -> bool:
        """Say whether a search may end with a derived network of this cost."""
        ...

    @property
    def least_share(self) -> float:
        """Share of the target that a derived network should at least cost; 0 where the less it costs the better."""
        ...

    def state_dict(self) -> dict[str, float]:
        """Return what a resumed search needs."""
        ...

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Take over what `state_dict` returned."""
        ...


class FixedLoss:
    """What the losses have in common that a search does not adapt."""

    def observe(self, expected: float, derived: float) -> None:
        """Do nothing: the loss is fixed."""

    def is_met(self, derived: float) -> bool:
        """Say yes: a fixed loss promises no cost."""
        return True

    @property
    def least_share(self) -> float:
        """Return 0: a fixed loss asks for nothing to be spent."""
        return 0.0

    def state_dict(self) -> dict[str, float]:
        """Return nothing: there is no state."""
        return {}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Do nothing: there is no state."""
