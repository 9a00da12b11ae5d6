"""Random shift: pad, then crop to the size of before; the usual augmentation of small images.

Source: He et al., Deep Residual Learning, arXiv:1512.03385, section 4.2.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

PADDING = 4


def random_shift(image: Tensor, generator: torch.Generator, padding: int = PADDING) -> Tensor:
    """Shift an image of shape (C, H, W) by up to `padding` pixels in both directions; zeros move in."""
    _, height, width = image.shape
    top, left = torch.randint(2 * padding + 1, (2,), generator=generator).tolist()
    return F.pad(image, (padding,) * 4)[:, top : top + height, left : left + width]
