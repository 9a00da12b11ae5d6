"""Scores: how well logits tell a data set's images apart."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from latency_service.contract.errors import InvalidInput
from search_client.data.batches import evaluation_batches
from search_client.data.dataset import ImageSet, LabelledImages

BATCH_SIZE = 256

#: From normalised images, shape (N, C, H, W), to logits, shape (N, classes).
Classifier = Callable[[Tensor], Tensor]

#: Is told how many more images have been run.
OnImages = Callable[[int], None]


def tell_nobody(_count: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Score:
    """What a network is worth on some images.

    Attributes:
        accuracy: Share of the images whose largest logit is that of their class (top-1), 0 to 1.
        loss: Mean cross entropy, natural logarithm, no label smoothing.
    """

    images: int
    accuracy: float
    loss: float


@torch.no_grad()
def classify_all(
    classify: Classifier, images: LabelledImages, of: ImageSet, on_images: OnImages = tell_nobody
) -> tuple[Tensor, Tensor]:
    """Return the logits and labels of all images that can be read, in order and without augmentation.

    Args:
        classify: What is to be judged.
        images: Of the data set.
        of: The data set.
        on_images: Called with the number of images of each batch that has been run.

    Returns:
        Shapes (N, classes) and (N,).

    Raises:
        InvalidInput: There is none.
    """
    found: list[tuple[Tensor, Tensor]] = []
    for pixels, labels in evaluation_batches(images, of, BATCH_SIZE):
        found.append((classify(pixels), labels))
        on_images(len(labels))
    if not found:
        raise InvalidInput(f"none of {len(images)} images of {of.name} can be read: there is nothing to score")
    all_logits, all_labels = zip(*found, strict=True)
    return torch.cat(all_logits), torch.cat(all_labels)


def score(logits: Tensor, labels: Tensor) -> Score:
    """Return what logits are worth.

    Args:
        logits: Shape (N, classes), N at least 1.
        labels: Shape (N,).

    Raises:
        InvalidInput: There are labels beyond the classes.
    """
    classes = logits.shape[1]
    if int(labels.max()) >= classes:
        raise InvalidInput(
            f"logits of {classes} classes cannot be scored by labels up to {int(labels.max())}: name the data set that "
            "the network was trained on"
        )
    right = (logits.argmax(1) == labels).double().mean()
    return Score(len(labels), right.item(), F.cross_entropy(logits.double(), labels).item())
