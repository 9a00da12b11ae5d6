"""ImageSet: a classification data set in memory, and the error that says that one cannot be had."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latency_service.contract.errors import InvalidInput, NotFound


class DataSetUnavailable(NotFound):
    """The data set is neither cached nor can it be fetched from here; the message says what was tried."""

    code = "data_set_unavailable"


@dataclass(frozen=True)
class Images:
    """Labelled images.

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

    def subset(self, indices: Tensor) -> "Images":
        """Return the images at `indices`, copied."""
        return Images(self.pixels[indices], self.labels[indices])

    def __add__(self, other: "Images") -> "Images":
        return Images(torch.cat([self.pixels, other.pixels]), torch.cat([self.labels, other.labels]))


@dataclass(frozen=True)
class ImageSet:
    """A data set: what may be trained on, and a test set that no search ever looks at.

    Attributes:
        mean: Per channel, of the training images scaled to 0..1.
        std: Per channel, likewise.
        may_flip: Whether a mirrored image keeps its label; a mirrored digit does not.
        notice: What the user must be told about where the images came from; None when they are what was asked for.
    """

    name: str
    train: Images
    test: Images
    mean: tuple[float, ...]
    std: tuple[float, ...]
    num_classes: int
    may_flip: bool
    notice: str | None = None

    @property
    def resolution(self) -> int:
        """Height and width of the images."""
        return self.train.pixels.shape[-1]


def images_from_numpy(pixels: NDArray[np.uint8], labels: Sequence[int] | NDArray[np.uint8]) -> Images:
    """Return Images over arrays of shape (N, 3, H, W) and (N,)."""
    contiguous = np.ascontiguousarray(pixels)
    return Images(torch.from_numpy(contiguous), torch.as_tensor(np.asarray(labels), dtype=torch.int64))
