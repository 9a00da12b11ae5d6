from itertools import product

import numpy as np
import pytest

from device_agents.graphs.layers import Window
from device_agents.graphs.tflite_padding import average_correction, same_padding_fits
from latency_service.contract.ops import Shape


@pytest.mark.parametrize(
    ("height", "width", "window", "fits"),
    [
        (8, 8, Window(3, stride=1), True),
        (8, 8, Window(3, stride=2), False),
        (7, 7, Window(3, stride=2), True),
        (7, 8, Window(3, stride=2), False),
        (8, 7, Window(3, stride=2), False),
        (8, 8, Window(1, stride=2), True),
        (1, 1, Window(7, stride=1), True),
        (8, 8, Window(3, stride=1, dilation=2), True),
        (8, 8, Window(3, stride=2, dilation=2), False),
        (9, 9, Window(3, stride=2, dilation=2), True),
        (4, 4, Window(3, stride=4), False),
    ],
)
def test_same_padding_fits_where_its_front_half_is_ours(height: int, width: int, window: Window, fits: bool) -> None:
    assert same_padding_fits(Shape(height, width, 1), window) is fits


@pytest.mark.parametrize(
    ("height", "width", "kernel_size", "stride"), list(product((1, 4, 7), (3, 8), (1, 3, 5, 7), (1, 2, 3)))
)
def test_the_correction_counts_the_pixels_that_are_no_padding(
    height: int, width: int, kernel_size: int, stride: int
) -> None:
    margin = kernel_size // 2
    ones = np.pad(np.ones((height, width)), margin)
    counts = [
        [ones[row : row + kernel_size, column : column + kernel_size].sum() for column in range(0, width, stride)]
        for row in range(0, height, stride)
    ]
    correction = average_correction(Shape(height, width, 1), Window(kernel_size, stride))
    np.testing.assert_allclose(correction[0, :, :, 0], kernel_size**2 / np.array(counts), rtol=1e-6)
