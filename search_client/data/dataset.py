"""ImageSet: a classification data set, in memory or in files, and the errors that say that one cannot be had."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latency_service.contract.errors import InvalidInput, LatencyError, NotFound
from search_client.data.augmentation.colour_jitter import ColourJitter
from search_client.data.augmentation.shift import random_shift


class DataSetUnavailable(NotFound):
    """The data set is neither cached nor can it be fetched from here; the message says what was tried."""

    code = "data_set_unavailable"


class UnreadableImage(LatencyError):
    """The file cannot be decoded as an image; the message names it and says why."""

    code = "unreadable_image"


class LabelledImages(Protocol):
    """Images of one size that are looked at one by one, wherever they are kept."""

    @property
    def labels(self) -> Tensor:
        """Shape (N,), int64, 0 to num_classes - 1."""

    @property
    def resolution(self) -> int:
        """Height and width, pixels."""

    def __len__(self) -> int: ...

    def subset(self, indices: Tensor) -> Self:
        """Return the images at `indices`."""

    def __add__(self, other: Self) -> Self: ...

    def training_view(self, index: int, generator: torch.Generator) -> Tensor:
        """Return one image, cropped at random: uint8, shape (3, resolution, resolution).

        Raises:
            UnreadableImage: Its file cannot be decoded.
        """

    def evaluation_view(self, index: int) -> Tensor:
        """Return one image as it is judged: uint8, shape (3, resolution, resolution).

        Raises:
            UnreadableImage: Its file cannot be decoded.
        """


@dataclass(frozen=True)
class Images:
    """Labelled images in memory.

    Attributes:
        pixels: Shape (N, 3, H, W), uint8.
        labels: Shape (N,), int64, 0 to num_classes - 1.
    """

    pixels: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        if self.pixels.ndim != 4 or len(self.pixels) != len(self.labels):
            raise InvalidInput(
                f"images of shape {tuple(self.pixels.shape)} and labels of shape {tuple(self.labels.shape)} "
                "do not belong together: give (N, C, H, W) and (N,)"
            )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def resolution(self) -> int:
        """Height and width, pixels."""
        return self.pixels.shape[-1]

    def subset(self, indices: Tensor) -> "Images":
        """Return the images at `indices`, copied."""
        return Images(self.pixels[indices], self.labels[indices])

    def __add__(self, other: "Images") -> "Images":
        return Images(torch.cat([self.pixels, other.pixels]), torch.cat([self.labels, other.labels]))

    def training_view(self, index: int, generator: torch.Generator) -> Tensor:
        """Return one image, shifted by up to 4 pixels."""
        return random_shift(self.pixels[index], generator)

    def evaluation_view(self, index: int) -> Tensor:
        """Return one image as it is."""
        return self.pixels[index]


@dataclass(frozen=True)
class ImageSet:
    """A data set: what may be trained on, and a test set that no search ever looks at.

    Attributes:
        mean: Per channel, of the training images scaled to 0..1.
        std: Per channel, likewise.
        may_flip: Whether a mirrored image keeps its label; a mirrored digit does not.
        colour_jitter: What is done to the colours of training images; None for small images.
        workers: Processes that decode and augment; 0 does it in this one.
        notice: What the user must be told about where the images came from; None when they are what was asked for.
    """

    name: str
    train: LabelledImages
    test: LabelledImages
    mean: tuple[float, ...]
    std: tuple[float, ...]
    num_classes: int
    may_flip: bool
    notice: str | None = None
    colour_jitter: ColourJitter | None = None
    workers: int = 0

    @property
    def resolution(self) -> int:
        """Height and width of the images."""
        return self.train.resolution


def images_from_numpy(pixels: NDArray[np.uint8], labels: Sequence[int] | NDArray[np.uint8]) -> Images:
    """Return Images over arrays of shape (N, 3, H, W) and (N,)."""
    contiguous = np.ascontiguousarray(pixels)
    return Images(torch.from_numpy(contiguous), torch.as_tensor(np.asarray(labels), dtype=torch.int64))
