"""Mixup: every image of a batch is blended with another one of it, and so are their labels.

Source: Zhang et al., arXiv:1710.09412, section 2, algorithm 1; one ratio a batch, as released.
"""

import numpy as np
import torch
from torch import Tensor

from latency_service.contract.errors import InvalidInput

_LARGEST_SEED = 2**63 - 1


def mixup(images: Tensor, soft_labels: Tensor, alpha: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return r * x + (1 - r) * x' and r * y + (1 - r) * y', where x' is the batch in another order.

    Args:
        images: Float, shape (N, C, H, W).
        soft_labels: Probabilities, shape (N, classes).
        alpha: The ratio r is drawn from Beta(alpha, alpha); 0.2 on ImageNet and 1 on CIFAR-10 in the paper.
        generator: Of the ratio and the order; one of the CPU's.

    Raises:
        InvalidInput: alpha is not positive.
    """
    if alpha <= 0:
        raise InvalidInput(f"mixup needs an alpha above 0, and got {alpha:g}; leave mixup out for none")
    seed = int(torch.randint(_LARGEST_SEED, (), generator=generator))
    ratio = float(np.random.default_rng(seed).beta(alpha, alpha))  # torch's Beta takes no generator
    order = torch.randperm(len(images), generator=generator).to(images.device)
    return images.lerp(images[order], 1 - ratio), soft_labels.lerp(soft_labels[order], 1 - ratio)
