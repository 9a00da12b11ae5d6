import torch

from search_client.data.augmentation.mirror import random_mirror
from tests.unit.search_client.data.augmentation.photographs import generator, photograph


def test_about_half_of_the_images_are_mirrored_and_the_others_kept() -> None:
    image, draws = photograph(), generator()
    seen = [random_mirror(image, draws) for _ in range(400)]
    mirrored = sum(torch.equal(one, image.flip(2)) for one in seen)
    assert mirrored + sum(torch.equal(one, image) for one in seen) == 400
    assert 150 < mirrored < 250
