"""Colour jitter: brightness and saturation change a little, in random order.

Source: mit-han-lab/proxylessnas, ImageNet provider, `distort_color="normal"`: brightness 32/255, saturation 0.5.
"""

from dataclasses import dataclass

import torch
from PIL import ImageEnhance
from torch import Tensor

from search_client.data.augmentation.pillow import to_pillow, to_tensor
from search_client.data.augmentation.transform import uniform


@dataclass(frozen=True)
class ColourJitter:
    """Scales brightness and saturation by factors between 1 - strength and 1 + strength."""

    brightness: float = 32 / 255
    saturation: float = 0.5

    def __call__(self, image: Tensor, generator: torch.Generator) -> Tensor:
        """Change an image's colours; uint8, shape (3, H, W)."""
        enhancers = [(ImageEnhance.Brightness, self.brightness), (ImageEnhance.Color, self.saturation)]
        changed = to_pillow(image)
        for index in torch.randperm(len(enhancers), generator=generator).tolist():
            enhancer, strength = enhancers[index]
            changed = enhancer(changed).enhance(uniform(1 - strength, 1 + strength, generator))
        return to_tensor(changed)
