import numpy as np
import pytest
from PIL import Image

from search_client.data.augmentation.resized_crop import centre_crop, random_box, random_resized_crop
from tests.unit.search_client.data.augmentation.photographs import generator


def gradient(width: int, height: int) -> Image.Image:
    """Return an image whose red is the column and whose green is the row."""
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    return Image.fromarray(np.stack([columns, rows, 0 * rows], axis=2).astype(np.uint8))


@pytest.mark.parametrize(("width", "height"), [(200, 200), (250, 120), (90, 255)])
def test_boxes_lie_in_the_image_and_have_the_areas_and_aspect_ratios_of_the_paper(width: int, height: int) -> None:
    draws = generator()
    boxes = [random_box(width, height, draws) for _ in range(500)]
    shares, ratios = [], []
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        shares.append((right - left) * (bottom - top) / (width * height))
        ratios.append((right - left) / (bottom - top))
    assert 0.07 < min(shares) < 0.2
    assert max(shares) <= 1.02
    assert 0.73 < min(ratios) < 0.85
    assert 1.2 < max(ratios) < 1.37


def test_areas_are_drawn_uniformly_where_all_of_them_fit() -> None:
    draws = generator()
    areas = [
        (right - left) * (bottom - top) / 1e4
        for left, top, right, bottom in (random_box(100, 100, draws) for _ in range(2000))
    ]
    small = sum(0.08 <= area < 0.29 for area in areas) / sum(0.29 <= area < 0.5 for area in areas)
    assert 0.85 < small < 1.15


def test_an_image_too_narrow_for_any_box_gives_the_largest_centred_one() -> None:
    assert random_box(1000, 10, generator()) == (493, 0, 506, 10)
    assert random_box(10, 1000, generator()) == (0, 493, 10, 506)
    assert random_box(1, 1, generator()) == (0, 0, 1, 1)


def test_a_random_part_is_resized_to_the_resolution() -> None:
    part = random_resized_crop(gradient(200, 100), 32, generator())
    assert part.size == (32, 32)
    red, green = np.asarray(part)[..., 0].astype(int), np.asarray(part)[..., 1].astype(int)
    assert (np.diff(red[0]) >= 0).all()
    assert (np.diff(green[:, 0]) >= 0).all()


@pytest.mark.parametrize(("width", "height"), [(224, 160), (160, 224), (37, 211)])
def test_the_centre_is_seven_eighths_of_the_shorter_side(width: int, height: int) -> None:
    centre = np.asarray(centre_crop(gradient(width, height), 28)).astype(float)
    assert centre.shape == (28, 28, 3)
    seen = 0.875 * min(width, height)
    for channel, side in ((0, width), (1, height)):
        values = centre[..., channel]
        assert values.mean() == pytest.approx((side - 1) / 2, abs=0.02 * side + 1)
        assert values.max() - values.min() == pytest.approx(seen * 27 / 28, rel=0.05)
