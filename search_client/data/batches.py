"""Batches: normalised, augmented tensors, and a sampler whose position survives a restart."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from latency_service.contract.errors import InvalidInput
from search_client.data.dataset import Images, ImageSet

Batch = tuple[Tensor, Tensor]

CROP_PADDING = 4


@dataclass(frozen=True)
class Normalisation:
    """Turns uint8 pixels into floats of about zero mean and unit variance.

    Attributes:
        mean: Per channel, of pixels scaled to 0..1.
        std: Per channel, likewise.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __call__(self, pixels: Tensor) -> Tensor:
        """Map uint8 of shape (N, C, H, W) to float32 of the same shape."""
        mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (self.mean, self.std))
        return (pixels / 255 - mean) / std


class BatchSampler:
    """Endless batches of indices: every epoch a new permutation; what does not fill a batch is left out."""

    def __init__(self, size: int, batch_size: int, generator: torch.Generator) -> None:
        if batch_size > size:
            raise InvalidInput(f"batch size {batch_size} is larger than the split's {size} images")
        self._size = size
        self._batch_size = batch_size
        self._generator = generator
        self._order = torch.empty(0, dtype=torch.int64)
        self._position = 0

    def next_indices(self) -> Tensor:
        """Return the next batch's indices, shape (batch_size,)."""
        if self._position + self._batch_size > len(self._order):
            self._order = torch.randperm(self._size, generator=self._generator)
            self._position = 0
        start, self._position = self._position, self._position + self._batch_size
        return self._order[start : self._position]

    def state_dict(self) -> dict[str, Any]:
        """Return the position within the epoch's order."""
        return {"order": self._order, "position": self._position}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self._order, self._position = state["order"], state["position"]


class BatchLoader:
    """Endless training batches, cropped and flipped at random; owns its random generator.

    Args:
        images: The split to draw from.
        of: The data set it belongs to: its normalisation, and whether flipping keeps a label.
        batch_size: Images a batch.
        seed: Of order and augmentation.
    """

    def __init__(self, images: Images, of: ImageSet, batch_size: int, seed: int) -> None:
        self._images = images
        self._normalise = Normalisation(of.mean, of.std)
        self._may_flip = of.may_flip
        self._generator = torch.Generator().manual_seed(seed)
        self._sampler = BatchSampler(len(images), batch_size, self._generator)

    def next_batch(self) -> Batch:
        """Return images, float32 (batch_size, C, H, W), and labels, int64 (batch_size,)."""
        indices = self._sampler.next_indices()
        pixels = random_crop(self._images.pixels[indices], self._generator)
        if self._may_flip:
            pixels = random_flip(pixels, self._generator)
        return self._normalise(pixels), self._images.labels[indices]

    def state_dict(self) -> dict[str, Any]:
        """Return all that the next batches depend on."""
        return {"sampler": self._sampler.state_dict(), "generator": self._generator.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self._sampler.load_state_dict(state["sampler"])
        self._generator.set_state(state["generator"])


def random_crop(pixels: Tensor, generator: torch.Generator, padding: int = CROP_PADDING) -> Tensor:
    """Shift each image of (N, C, H, W) by up to `padding` pixels in both directions; zeros move in."""
    count, _, height, width = pixels.shape
    padded = F.pad(pixels, (padding,) * 4)
    top, left = torch.randint(0, 2 * padding + 1, (2, count), generator=generator)
    rows = top[:, None] + torch.arange(height)
    columns = left[:, None] + torch.arange(width)
    image = torch.arange(count)[:, None, None]
    return padded.permute(0, 2, 3, 1)[image, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def random_flip(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror each image of (N, C, H, W) with probability 1/2."""
    flipped = torch.rand(len(pixels), generator=generator) < 0.5
    return torch.where(flipped.view(-1, 1, 1, 1), pixels.flip(3), pixels)


def evaluation_batches(images: Images, of: ImageSet, batch_size: int) -> Iterator[Batch]:
    """Yield every image once, in order, without augmentation; the last batch may be smaller."""
    normalise = Normalisation(of.mean, of.std)
    for start in range(0, len(images), batch_size):
        part = slice(start, start + batch_size)
        yield normalise(images.pixels[part]), images.labels[part]
