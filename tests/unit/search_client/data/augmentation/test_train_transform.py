from typing import cast

import pytest
import torch

from latency_service.contract.errors import UnknownName
from search_client.data.augmentation.auto_augment import AutoAugment
from search_client.data.augmentation.colour_jitter import ColourJitter
from search_client.data.augmentation.cutout import Cutout
from search_client.data.augmentation.mirror import random_mirror
from search_client.data.augmentation.policies import PolicyName
from search_client.data.augmentation.train_transform import mean_colour, train_transform
from search_client.data.dataset import Images, ImageSet

NOTHING = Images(torch.zeros(1, 3, 8, 8, dtype=torch.uint8), torch.zeros(1, dtype=torch.int64))


def image_set(may_flip: bool = True, colour_jitter: ColourJitter | None = None) -> ImageSet:
    mean, std = (0.2, 0.4, 1.0), (0.5,) * 3
    return ImageSet("made up", NOTHING, NOTHING, mean, std, 2, may_flip=may_flip, colour_jitter=colour_jitter)


def test_images_that_must_not_be_mirrored_never_are() -> None:
    assert train_transform(image_set(may_flip=False)).steps == ()
    assert train_transform(image_set()).steps == (random_mirror,)


def test_auto_augment_takes_the_place_of_the_colour_jitter_and_cutout_comes_last() -> None:
    jitter, colour = ColourJitter(), (51, 102, 255)
    given = image_set(colour_jitter=jitter)
    assert mean_colour(given) == colour
    assert train_transform(given).steps == (random_mirror, jitter)
    assert train_transform(given, "imagenet", 16).steps == (
        random_mirror,
        AutoAugment("imagenet", colour),
        Cutout(16, colour),
    )


def test_an_unknown_policy_lists_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="cifar10, imagenet"):
        train_transform(image_set(), cast(PolicyName, "svhn"))
