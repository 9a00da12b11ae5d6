"""Transform: what may happen to one training image; every draw comes from the generator that is handed in."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

#: From an image, uint8 of shape (3, H, W), to another of the same shape.
Transform = Callable[[Tensor, torch.Generator], Tensor]


@dataclass(frozen=True)
class Composed:
    """Transforms behind each other."""

    steps: tuple[Transform, ...]

    def __call__(self, image: Tensor, generator: torch.Generator) -> Tensor:
        """Map an image through all steps."""
        for step in self.steps:
            image = step(image, generator)
        return image


def uniform(low: float, high: float, generator: torch.Generator) -> float:
    """Draw a number between low and high."""
    return low + (high - low) * torch.rand((), generator=generator, dtype=torch.float64).item()


def below(limit: int, generator: torch.Generator) -> int:
    """Draw a whole number from 0 to limit - 1."""
    return int(torch.randint(limit, (), generator=generator))
