import pytest
import torch

from latency_service.contract.errors import InvalidInput
from search_client.data.dataset import Images, LabelledImages
from search_client.data.splits import Splits, split_images
from tests.unit.search_client.data.in_memory import in_memory

CLASSES, IMAGES_A_CLASS = 4, 50


def numbered_images() -> Images:
    """Each image holds its own number as its only pixel value, and the classes take turns."""
    count = CLASSES * IMAGES_A_CLASS
    pixels = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 3, 2, 2)
    return Images(pixels, torch.arange(count) % CLASSES)


def numbers(images: LabelledImages) -> set[int]:
    return set(in_memory(images).pixels[:, 0, 0, 0].tolist())


def split(seed: int = 0, alpha_share: float = 0.25, image_limit: int | None = None) -> Splits:
    return split_images(numbered_images(), seed, alpha_share, validation_share=0.2, image_limit=image_limit)


def test_the_parts_are_disjoint_and_cover_all_images() -> None:
    parts = split()
    sets = [numbers(part) for part in (parts.weights, parts.alphas, parts.validation)]
    assert [len(part) for part in sets] == [120, 40, 40]
    assert len(set.union(*sets)) == CLASSES * IMAGES_A_CLASS


def test_every_part_holds_as_many_images_of_each_class() -> None:
    parts = split(image_limit=80)
    for part, size in ((parts.weights, 15), (parts.alphas, 5), (parts.validation, 10)):
        assert part.labels.bincount().tolist() == [size] * CLASSES


def test_the_same_seed_gives_the_same_split_and_another_seed_another() -> None:
    assert numbers(split(1).weights) == numbers(split(1).weights)
    assert numbers(split(1).weights) != numbers(split(2).weights)


def test_the_validation_images_do_not_depend_on_the_budget() -> None:
    assert numbers(split().validation) == numbers(split(alpha_share=0.5, image_limit=60).validation)


def test_a_limit_that_leaves_a_part_empty_is_refused() -> None:
    with pytest.raises(InvalidInput, match="none may be empty"):
        split(image_limit=4)
