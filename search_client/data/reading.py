"""Readers: the images of one batch, looked at one by one; they run in worker processes where a data set has them."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from search_client.data.augmentation.transform import Transform
from search_client.data.dataset import DataSetUnavailable, LabelledImages, UnreadableImage
from search_client.data.order import BatchOrder

_MOST_UNREADABLE_IN_A_ROW = 32


class ReadImages(NamedTuple):
    """What a reader found.

    Attributes:
        pixels: Shape (n, 3, H, W), uint8.
        labels: Shape (n,), int64.
        unreadable: Of each image that was left out, what was wrong with it.
    """

    pixels: Tensor
    labels: Tensor
    unreadable: tuple[str, ...]


@dataclass(frozen=True)
class TrainingReader:
    """Reads training batches by their number; a function of the number alone.

    Attributes:
        transform: What augments an image after its random crop; None: images are shown as they are judged.
    """

    images: LabelledImages
    order: BatchOrder
    transform: Transform | None

    def __call__(self, number: int) -> ReadImages:
        """Return a batch; the next image of the split takes the place of one that cannot be decoded.

        Raises:
            DataSetUnavailable: Many images in a row cannot be decoded.
        """
        draw = self.order.draw(number)
        views: list[Tensor] = []
        shown: list[int] = []
        unreadable: list[str] = []
        for index, seed in zip(draw.indices.tolist(), draw.seeds.tolist(), strict=True):
            readable_index, view = self._first_readable(index, seed, unreadable)
            views.append(view)
            shown.append(readable_index)
        return ReadImages(torch.stack(views), self.images.labels[torch.tensor(shown)], tuple(unreadable))

    def _first_readable(self, index: int, seed: int, unreadable: list[str]) -> tuple[int, Tensor]:
        tries = min(_MOST_UNREADABLE_IN_A_ROW, len(self.images))
        for step in range(tries):
            tried = (index + step) % len(self.images)
            try:
                return tried, self._view(tried, torch.Generator().manual_seed(seed))
            except UnreadableImage as error:
                unreadable.append(str(error))
        raise DataSetUnavailable(
            f"{tries} images in a row cannot be read, the last being {unreadable[-1]}: are the files still there?"
        )

    def _view(self, index: int, generator: torch.Generator) -> Tensor:
        if self.transform is None:
            return self.images.evaluation_view(index)
        return self.transform(self.images.training_view(index, generator), generator)


@dataclass(frozen=True)
class EvaluationReader:
    """Reads the images in order, without augmentation, by the number of the batch."""

    images: LabelledImages
    batch_size: int

    def __call__(self, number: int) -> ReadImages:
        """Return those images of the batch that can be decoded."""
        views: list[Tensor] = []
        shown: list[int] = []
        unreadable: list[str] = []
        start = number * self.batch_size
        for index in range(start, min(start + self.batch_size, len(self.images))):
            try:
                views.append(self.images.evaluation_view(index))
                shown.append(index)
            except UnreadableImage as error:
                unreadable.append(str(error))
        side = self.images.resolution
        pixels = torch.stack(views) if views else torch.empty(0, 3, side, side, dtype=torch.uint8)
        return ReadImages(pixels, self.images.labels[torch.tensor(shown, dtype=torch.int64)], tuple(unreadable))
