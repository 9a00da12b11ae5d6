import pytest
import torch

from latency_service.contract.errors import InvalidInput
from search_client.data.augmentation.cutout import Cutout
from tests.unit.search_client.data.augmentation.photographs import generator, photograph

FILL = (1, 2, 3)


def test_one_square_is_filled_and_the_rest_and_the_image_itself_are_kept() -> None:
    image, draws = photograph().clamp(min=10), generator()
    before = image.clone()
    for _ in range(50):
        blanked = Cutout(16, FILL)(image, draws)
        changed = (blanked != image).any(0)
        rows, columns = changed.any(1).nonzero().flatten(), changed.any(0).nonzero().flatten()
        top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
        square = blanked[:, top:bottom, left:right]
        assert torch.equal(square, torch.tensor(FILL, dtype=torch.uint8).view(3, 1, 1).expand_as(square))
        assert int(changed.sum()) == (bottom - top) * (right - left)
        assert max(bottom - top, right - left) <= 16
        assert bottom - top == 16 or top == 0 or bottom == 32
        assert right - left == 16 or left == 0 or right == 32
    assert torch.equal(image, before)


def test_the_mean_area_is_that_of_a_square_centred_on_any_pixel() -> None:
    sides = [min(32, centre + 8) - max(0, centre - 8) for centre in range(32)]
    expected = (sum(sides) / len(sides)) ** 2
    image, draws = photograph(), generator()
    areas = [int((Cutout(16, (0, 0, 0))(image, draws) == 0).all(0).sum()) for _ in range(3000)]
    assert sum(areas) / len(areas) == pytest.approx(expected, rel=0.02)


def test_a_square_larger_than_the_image_blanks_all_that_it_covers() -> None:
    assert int(Cutout(65, (0, 0, 0))(photograph(), generator()).sum()) == 0


def test_no_square_is_refused() -> None:
    with pytest.raises(InvalidInput, match="at least 1 pixel"):
        Cutout(-1, FILL)
