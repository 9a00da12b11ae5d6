"""Soft labels: a distribution over the classes in place of one class."""

import torch
from torch import Tensor
from torch.nn import functional as F

from latency_service.contract.errors import InvalidInput


def soft_labels(labels: Tensor, num_classes: int, smoothing: float = 0.0) -> Tensor:
    """Return (1 - smoothing) * one-hot + smoothing / num_classes.

    Args:
        labels: int64, shape (N,).
        num_classes: Length of a row.
        smoothing: 0 to 1.

    Returns:
        float32, shape (N, num_classes); rows sum to 1.

    Raises:
        InvalidInput: smoothing is out of range.

    Source: Szegedy et al., Rethinking the Inception Architecture, arXiv:1512.00567, section 7.
    """
    if not 0 <= smoothing <= 1:
        raise InvalidInput(f"label smoothing lies between 0 and 1, and is {smoothing:g}")
    one_hot = F.one_hot(labels, num_classes).to(torch.float32)
    return (1 - smoothing) * one_hot + smoothing / num_classes
