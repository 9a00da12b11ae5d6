"""`relative`: the released code's `add#linear`."""

from torch import Tensor

from latency_service.contract.errors import InvalidInput
from search_client.latency.losses.base import FixedLoss

NAME = "relative"


class RelativeLoss(FixedLoss):
    """CE + weight * (E - T) / T, which has no unit.

    Args:
        target: T.
        weight: lambda; 0.1 as released.

    Raises:
        InvalidInput: The target is not positive, or the weight is negative.

    Source: mit-han-lab/proxylessnas, `add#linear`.
    """

    def __init__(self, target: float, weight: float = 0.1) -> None:
        if target <= 0 or weight < 0:
            raise InvalidInput(f"target must be positive and weight not negative; got {target} and {weight}")
        self.target = target
        self.weight = weight

    def __call__(self, ce: Tensor, expected: Tensor) -> Tensor:
        """Return CE + weight * (E - T) / T."""
        return ce + self.weight * (expected - self.target) / self.target
