"""`log-ratio`: the released code's `mul#log`, made safe for every unit."""

import math

import torch
from torch import Tensor

from latency_service.contract.errors import InvalidInput
from search_client.latency.losses.base import FixedLoss

NAME = "log-ratio"

#: The released code's reference latency, and the unit that it speaks in without saying so.
RELEASED_REFERENCE_MS = 80.0

#: The release's log E / log ref from which on we go another way down: at 80 ms that is 1.55 ms.
_SMALLEST_RATIO = 0.1


class LogRatioLoss(FixedLoss):
    """alpha * CE * (log E' / log 80)^beta with E' = 80 E / T.

    The release has (log E / log T)^beta, with both in milliseconds. That is another number in another unit, and none
    below 1 ms. Ours has no unit and is the release's at its reference of 80 ms. Where the release comes to its pole,
    below T / 52, ours goes on with the same value and slope, towards 0 and never beyond.

    Args:
        target: T.
        alpha: As released.
        beta: As released.

    Raises:
        InvalidInput: A parameter is not positive.

    Source: mit-han-lab/proxylessnas, `mul#log`.
    """

    def __init__(self, target: float, alpha: float = 0.2, beta: float = 0.3) -> None:
        if min(target, alpha, beta) <= 0:
            raise InvalidInput(f"target, alpha and beta must be positive; got {target}, {alpha} and {beta}")
        self.target = target
        self.alpha = alpha
        self.beta = beta

    def __call__(self, ce: Tensor, expected: Tensor) -> Tensor:
        """Return the loss."""
        ratio = 1 + torch.log(expected / self.target) / math.log(RELEASED_REFERENCE_MS)
        # x^beta = exp(beta log x), and its tangent in log x is finite where the power is not.
        safe = ratio.clamp(min=_SMALLEST_RATIO)
        exponent = torch.log(safe) + (ratio - safe) / _SMALLEST_RATIO
        return self.alpha * ce * torch.exp(self.beta * exponent)
