from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from search_client.data.augmentation.image_operations import OperationName, apply_operation, magnitude
from search_client.data.augmentation.pillow import to_pillow
from tests.unit.search_client.data.augmentation.photographs import photograph

FILL = (9, 8, 7)
IMAGE = to_pillow(photograph())
PIXELS = np.asarray(IMAGE)
GREY = np.asarray(IMAGE.convert("L"))


def after(name: OperationName, by: float, image: Image.Image = IMAGE) -> NDArray[np.uint8]:
    return np.asarray(apply_operation(image, name, by, FILL))


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [
        ("ShearX", 0, 0.3),
        ("TranslateY", 0, 150 / 331),
        ("Rotate", 0, 30),
        ("Solarize", 256, 0),
        ("Posterize", 8, 4),
        ("Color", 0.1, 1.9),
        ("Brightness", 0.1, 1.9),
        ("Equalize", 0, 0),
    ],
)
def test_magnitudes_span_the_ranges_of_the_paper_in_even_levels(
    name: OperationName, lowest: float, highest: float
) -> None:
    levels = [magnitude(name, level) for level in range(10)]
    assert [levels[0], levels[9]] == pytest.approx([lowest, highest])
    assert np.diff(levels) == pytest.approx(np.full(9, (highest - lowest) / 9))


def test_brightness_scales_the_pixels() -> None:
    assert np.abs(after("Brightness", 0.5).astype(float) - PIXELS * 0.5).max() <= 1


def test_colour_blends_with_the_grey_of_each_pixel() -> None:
    expected = GREY[..., None] + 0.3 * (PIXELS.astype(float) - GREY[..., None])
    assert np.abs(after("Color", 0.3) - expected).max() <= 1


def test_contrast_blends_with_the_mean_grey() -> None:
    mean = int(GREY.mean() + 0.5)
    assert np.abs(after("Contrast", 0.3) - (mean + 0.3 * (PIXELS.astype(float) - mean))).max() <= 1


def test_a_blurred_image_is_what_no_sharpness_leaves() -> None:
    assert (
        np.abs(np.diff(after("Sharpness", 0.1).astype(int), axis=0)).mean()
        < 0.7 * np.abs(np.diff(PIXELS.astype(int), axis=0)).mean()
    )


@pytest.mark.parametrize("name", ["Brightness", "Color", "Contrast", "Sharpness"])
def test_a_factor_of_one_changes_nothing(name: OperationName) -> None:
    assert (after(name, 1.0) == PIXELS).all()


def test_invert_and_solarize_turn_values_around() -> None:
    assert (after("Invert", 0) == 255 - PIXELS).all()
    assert (after("Solarize", 100) == np.where(PIXELS < 100, PIXELS, 255 - PIXELS)).all()
    assert (after("Solarize", 256) == PIXELS).all()


def test_posterize_keeps_the_highest_bits() -> None:
    assert (after("Posterize", 4) == (PIXELS & 0b11110000)).all()
    assert (after("Posterize", 8) == PIXELS).all()


def test_autocontrast_and_equalize_use_the_whole_range() -> None:
    dull = Image.fromarray((PIXELS // 4 + 100).astype(np.uint8))
    for name in ("AutoContrast", "Equalize"):
        stretched = after(name, 0, dull)
        assert int(stretched.min()) == 0
        assert int(stretched.max()) >= 250


def test_translations_move_by_a_share_of_the_side_and_fill_what_they_leave() -> None:
    moved = after("TranslateX", 0.25)
    assert (moved[:, :24] == PIXELS[:, 8:]).all()
    assert (moved[:, 24:] == FILL).all()
    moved = after("TranslateY", -0.25)
    assert (moved[8:] == PIXELS[:24]).all()
    assert (moved[:8] == FILL).all()


def test_shears_move_rows_and_columns_by_their_distance_from_the_corner() -> None:
    sheared = after("ShearX", 0.25)
    assert (sheared[0] == PIXELS[0]).all()
    assert (sheared[16, :28] == PIXELS[16, 4:]).all()
    sheared = after("ShearY", 0.25)
    assert (sheared[:, 0] == PIXELS[:, 0]).all()
    assert (sheared[:28, 16] == PIXELS[4:, 16]).all()


def test_a_quarter_turn_rotates_and_the_corners_of_a_small_turn_are_filled() -> None:
    assert (after("Rotate", 90) == np.rot90(PIXELS)).all()
    assert (after("Rotate", 20)[0, 0] == FILL).all()


@pytest.mark.parametrize("name", get_args(OperationName))
@pytest.mark.parametrize("level", [0, 9])
def test_every_operation_gives_an_image_of_the_same_size(name: OperationName, level: int) -> None:
    assert after(name, magnitude(name, level)).shape == PIXELS.shape
