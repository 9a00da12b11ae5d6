"""ImageFiles: labelled image files, decoded whenever they are looked at."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from search_client.data.augmentation.pillow import to_tensor
from search_client.data.augmentation.resized_crop import centre_crop, random_resized_crop
from search_client.data.dataset import UnreadableImage


@dataclass(frozen=True)
class ImageFiles:
    """Labelled images in files.

    Attributes:
        root: The folder that all are below.
        names: Paths from there, in the file system's bytes: a million of them take no object each. Shape (N,).
        labels: Shape (N,), int64, 0 to num_classes - 1.
        resolution: Height and width of what they are cropped to, pixels.
    """

    root: Path
    names: NDArray[np.bytes_]
    labels: Tensor
    resolution: int

    def __len__(self) -> int:
        return len(self.names)

    def subset(self, indices: Tensor) -> "ImageFiles":
        """Return the images at `indices`."""
        return ImageFiles(self.root, self.names[indices.numpy()], self.labels[indices], self.resolution)

    def __add__(self, other: "ImageFiles") -> "ImageFiles":
        names = np.concatenate([self.names, other.names])
        return ImageFiles(self.root, names, torch.cat([self.labels, other.labels]), self.resolution)

    def training_view(self, index: int, generator: torch.Generator) -> Tensor:
        """Return a random part of one image, 8 % to 100 % of its area.

        Raises:
            UnreadableImage: Its file cannot be decoded.
        """
        return to_tensor(random_resized_crop(self._decoded(index), self.resolution, generator))

    def evaluation_view(self, index: int) -> Tensor:
        """Return the centre of one image.

        Raises:
            UnreadableImage: Its file cannot be decoded.
        """
        return to_tensor(centre_crop(self._decoded(index), self.resolution))

    def _decoded(self, index: int) -> Image.Image:
        path = self.root / os.fsdecode(self.names[index])
        try:
            with Image.open(path) as image:
                return image.convert("RGB")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise UnreadableImage(f"{path} cannot be read as an image ({error})") from error
