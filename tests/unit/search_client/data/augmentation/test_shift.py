import torch
from torch.nn import functional as F

from search_client.data.augmentation.shift import random_shift
from tests.unit.search_client.data.augmentation.photographs import generator, photograph


def test_a_shift_is_of_at_most_four_pixels_with_zeros_moving_in_and_all_shifts_come() -> None:
    image, draws = photograph(side=8), generator()
    padded = F.pad(image, (4, 4, 4, 4))
    windows = {
        padded[:, top : top + 8, left : left + 8].numpy().tobytes(): (top, left)
        for top in range(9)
        for left in range(9)
    }
    found = {windows[random_shift(image, draws).contiguous().numpy().tobytes()] for _ in range(800)}
    assert len(found) == 81


def test_the_same_generator_shifts_the_same_way() -> None:
    image = photograph()
    assert torch.equal(random_shift(image, generator(3)), random_shift(image, generator(3)))
