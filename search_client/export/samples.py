"""Samples: a few of a data set's images, the same for the same seed."""

from collections.abc import Iterator
from typing import TypeVar

import torch

from device_agents.graphs.weights import Array
from search_client.data.batches import evaluation_batches
from search_client.data.dataset import ImageSet, LabelledImages
from search_client.scoring import OnImages, tell_nobody

#: Whatever kind of images are drawn from, images of that kind are drawn.
AnyImages = TypeVar("AnyImages", bound=LabelledImages)

_CALIBRATION_BATCH = 32


def some_images(images: AnyImages, count: int, seed: int) -> AnyImages:
    """Return so many of the images, drawn without replacement; all of them, in another order, where there are fewer."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    return images.subset(order[:count])


def calibration_batches(
    image_set: ImageSet, count: int, seed: int, on_images: OnImages = tell_nobody
) -> Iterator[Array]:
    """Yield normalised training images, as float32 batches (N, C, H, W): what int8 takes its maps' ranges from.

    Args:
        image_set: The data set.
        count: Images.
        seed: Of their choice.
        on_images: Called with the number of images of each batch that has been used.
    """
    drawn = some_images(image_set.train, count, seed)
    for pixels, _ in evaluation_batches(drawn, image_set, _CALIBRATION_BATCH):
        yield pixels.contiguous().numpy()
        on_images(len(pixels))
