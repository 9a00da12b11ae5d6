"""Images that the tests of the augmentations share."""

import torch
from torch import Tensor


def photograph(seed: int = 0, side: int = 32) -> Tensor:
    """Return an image of random pixels, none of them black: uint8, shape (3, side, side)."""
    return torch.randint(1, 256, (3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def generator(seed: int = 0) -> torch.Generator:
    """Return a generator of that seed."""
    return torch.Generator().manual_seed(seed)
