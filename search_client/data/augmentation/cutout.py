"""Cutout: a square of each training image is blanked.

Source: DeVries, Taylor, arXiv:1708.04552, section 3.2. The square's centre may be any pixel, so that it may hang over
the edge. It is filled with the data set's mean colour, which is what the zeros of the released code are after the
normalisation, to within half a grey level.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from latency_service.contract.errors import InvalidInput
from search_client.data.augmentation.transform import below

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Cutout:
    """Blanks one square.

    Attributes:
        length: Its side, pixels; 16 on CIFAR-10 in the paper.
        fill: Its colour, 0 to 255 a channel.
    """

    length: int
    fill: Colour

    def __post_init__(self) -> None:
        if self.length < 1:
            raise InvalidInput(f"cutout needs a square of at least 1 pixel, and got {self.length}")

    def __call__(self, image: Tensor, generator: torch.Generator) -> Tensor:
        """Blank a square of an image, uint8 of shape (3, H, W); the image itself is left as it is."""
        _, height, width = image.shape
        top = below(height, generator) - self.length // 2
        left = below(width, generator) - self.length // 2
        rows = slice(max(0, top), max(0, top + self.length))
        columns = slice(max(0, left), max(0, left + self.length))
        blanked = image.clone()
        blanked[:, rows, columns] = torch.tensor(self.fill, dtype=image.dtype).view(3, 1, 1)
        return blanked
