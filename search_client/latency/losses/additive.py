"""`additive`: the paper's loss."""

from torch import Tensor

from latency_service.contract.errors import InvalidInput
from search_client.latency.losses.base import FixedLoss

NAME = "additive"


class AdditiveLoss(FixedLoss):
    """CE + weight * E[latency].

    Args:
        weight: lambda_2, per millisecond.

    Raises:
        InvalidInput: The weight is negative.

    Source: ProxylessNAS, arXiv:1812.00332, section 3.3, equation 6 (weight decay is left to the optimiser).
    """

    def __init__(self, weight: float) -> None:
        if weight < 0:
            raise InvalidInput(f"the latency's weight must not be negative, and is {weight}")
        self.weight = weight

    def __call__(self, ce: Tensor, expected: Tensor) -> Tensor:
        """Return CE + weight * E."""
        return ce + self.weight * expected
