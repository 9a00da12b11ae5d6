"""Pillow images as tensors, and back."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def to_pillow(image: Tensor) -> Image.Image:
    """Return an image of shape (3, H, W), uint8, as a Pillow image."""
    return Image.fromarray(image.permute(1, 2, 0).contiguous().numpy())


def to_tensor(image: Image.Image) -> Tensor:
    """Return an RGB Pillow image as uint8 of shape (3, H, W)."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()
