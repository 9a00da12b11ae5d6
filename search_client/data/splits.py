"""Splits: who may learn from which training image."""

from dataclasses import dataclass

import torch

from latency_service.contract.errors import InvalidInput
from search_client.data.dataset import LabelledImages


@dataclass(frozen=True)
class Splits:
    """Three disjoint parts of a training set, each with every class in the proportion that it has in the whole.

    Attributes:
        weights: For the weight steps.
        alphas: Held out for the architecture steps.
        validation: Seen by neither; accuracies are reported on it.
    """

    weights: LabelledImages
    alphas: LabelledImages
    validation: LabelledImages


def split_images(
    images: LabelledImages, seed: int, alpha_share: float, validation_share: float, image_limit: int | None = None
) -> Splits:
    """Split class by class, at random.

    The validation part is cut first: runs with another `image_limit` or `alpha_share` report on the same images.

    Args:
        images: The whole training set.
        seed: Of the random order within each class.
        alpha_share: Share of the images used in the search that is held out for the architecture, 0 to 1.
        validation_share: Share of all images, 0 to 1.
        image_limit: How many images weights and alphas may use together; None takes all that validation leaves.

    Raises:
        InvalidInput: A part would be empty.
    """
    generator = torch.Generator().manual_seed(seed)
    parts: tuple[list[torch.Tensor], ...] = ([], [], [])
    limit_share = 1.0 if image_limit is None else min(1.0, image_limit / ((1 - validation_share) * len(images)))
    for label in sorted(set(images.labels.tolist())):
        members = (images.labels == label).nonzero().flatten()
        members = members[torch.randperm(len(members), generator=generator)]
        validation_size = round(validation_share * len(members))
        searched = round(limit_share * (len(members) - validation_size))
        alpha_size = round(alpha_share * searched)
        sizes = [validation_size, searched - alpha_size, alpha_size]
        unused = len(members) - sum(sizes)
        for part, indices in zip(parts, members.split([*sizes, unused])[:3], strict=True):
            part.append(indices)
    validation, weights, alphas = (images.subset(torch.cat(part)) for part in parts)
    if not (len(weights) and len(alphas) and len(validation)):
        raise InvalidInput(
            f"{len(images)} images split into {len(weights)} for weights, {len(alphas)} for the architecture and "
            f"{len(validation)} for validation: none may be empty; raise image_limit or change the shares"
        )
    return Splits(weights, alphas, validation)
