"""Batches: normalised, augmented tensors, and a loader whose position survives a restart."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import torch
from torch import Tensor

from search_client.data.augmentation.train_transform import train_transform
from search_client.data.augmentation.transform import Transform
from search_client.data.dataset import ImageSet, LabelledImages
from search_client.data.order import BatchOrder
from search_client.data.prefetch import in_order
from search_client.data.reading import EvaluationReader, ReadImages, TrainingReader
from search_client.data.unreadable import UnreadableImages

Batch = tuple[Tensor, Tensor]


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
        """Map uint8 of shape (N, C, H, W) to floats of the same shape, of torch's default precision."""
        mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (self.mean, self.std))
        return pixels.to(mean.dtype).div_(255).sub_(mean).div_(std)


class BatchLoader:
    """Endless training batches, in random order.

    An image that cannot be decoded is named in the log, and the next one of the split takes its place.

    Args:
        images: The split to draw from.
        of: The data set it belongs to.
        batch_size: Images a batch, of all ranks together.
        seed: Of order and augmentation.
        augment: Whether images are cropped and transformed at random; else they are shown as they are judged.
        transform: What happens to an image after its crop; None for `train_transform(of)`.
        rank: Whose part of every batch this is.
        world_size: How many ranks there are; together they see the batches that one alone would.

    Attributes:
        unreadable: What had to be left out so far, by this process's account.

    Raises:
        InvalidInput: The split is smaller than a batch, or the ranks cannot share a batch evenly.
    """

    def __init__(
        self,
        images: LabelledImages,
        of: ImageSet,
        batch_size: int,
        seed: int,
        *,
        augment: bool = True,
        transform: Transform | None = None,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.unreadable = UnreadableImages()
        order = BatchOrder(len(images), batch_size, seed, rank, world_size)
        self._read = TrainingReader(images, order, (transform or train_transform(of)) if augment else None)
        self._normalise = Normalisation(of.mean, of.std)
        self._workers = of.workers
        self._number = 0
        self._stream: Iterator[ReadImages] | None = None

    def next_batch(self) -> Batch:
        """Return images, float32 (batch_size / world_size, C, H, W), and their labels, int64.

        Raises:
            DataSetUnavailable: Many images in a row cannot be decoded.
        """
        if self._stream is None:
            self._stream = in_order(self._read, count(self._number), self._workers)
        read = next(self._stream)
        self._number += 1
        self.unreadable.note(read.unreadable)
        return self._normalise(read.pixels), read.labels

    def state_dict(self) -> dict[str, Any]:
        """Return the number of the next batch: with the seed, all that it depends on."""
        return {"number": self._number}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken; what workers have read ahead is dropped."""
        self._number, self._stream = state["number"], None


def evaluation_batches(images: LabelledImages, of: ImageSet, batch_size: int) -> Iterator[Batch]:
    """Yield every image once, in order, without augmentation; the last batch may be smaller.

    Images that cannot be decoded are named in the log and left out: count the labels that come.
    """
    normalise, unreadable = Normalisation(of.mean, of.std), UnreadableImages()
    numbers = range(-(-len(images) // batch_size))
    for read in in_order(EvaluationReader(images, batch_size), numbers, of.workers):
        unreadable.note(read.unreadable)
        if len(read.labels):
            yield normalise(read.pixels), read.labels
