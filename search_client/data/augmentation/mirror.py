"""Random mirror: left and right change places in half of the images."""

import torch
from torch import Tensor


def random_mirror(image: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror an image of shape (C, H, W) with probability 1/2."""
    return image.flip(2) if torch.rand((), generator=generator) < 0.5 else image
