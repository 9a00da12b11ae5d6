"""`power`: MnasNet's weighted product, for a loss that is made small."""

from torch import Tensor

from latency_service.contract.errors import InvalidInput
from search_client.latency.losses.base import FixedLoss

NAME = "power"


class PowerLoss(FixedLoss):
    """CE * (E / T)^exponent, which has no unit.

    Args:
        target: T; CE counts as it is where E is T.
        exponent: How many per cent more cross entropy one per cent less latency may cost. MnasNet's reward has
            accuracy * (E / T)^-0.07: twice the latency for 5 % more accuracy.

    Raises:
        InvalidInput: The target is not positive, or the exponent is negative.

    Source: MnasNet, arXiv:1807.11626, equation 2, with CE in place of the reward's accuracy and the sign turned.
    """

    def __init__(self, target: float, exponent: float = 0.07) -> None:
        if target <= 0 or exponent < 0:
            raise InvalidInput(f"target must be positive and exponent not negative; got {target} and {exponent}")
        self.target = target
        self.exponent = exponent

    def __call__(self, ce: Tensor, expected: Tensor) -> Tensor:
        """Return CE * (E / T)^exponent."""
        return ce * (expected / self.target) ** self.exponent
