"""Padding in TFLite: where its SAME is our symmetric padding, and how an average is put right where it is not."""

import numpy as np
from numpy.typing import NDArray

from device_agents.graphs.layers import Window
from latency_service.contract.ops import Shape


def same_padding_fits(shape: Shape, window: Window) -> bool:
    """Say whether TFLite's SAME padding looks at the same pixels of a map as symmetric padding does.

    SAME pads `(output - 1) * stride + reach - input` pixels in all, the smaller half of them in front.
    """
    return all(_pixels_in_front(size, window) == window.padding for size in (shape.height, shape.width))


def average_correction(shape: Shape, window: Window) -> NDArray[np.float32]:
    """Return the factors from an average over windows with zeros for padding to one over their real pixels alone.

    Returns:
        Shape (1, output height, output width, 1).
    """
    rows, columns = _real_pixels(shape.height, window), _real_pixels(shape.width, window)
    factors = window.kernel_size**2 / np.outer(rows, columns)
    return factors.astype(np.float32)[np.newaxis, :, :, np.newaxis]


def _pixels_in_front(size: int, window: Window) -> int:
    output_size = -(-size // window.stride)
    return max((output_size - 1) * window.stride + window.reach - size, 0) // 2


def _real_pixels(size: int, window: Window) -> NDArray[np.int64]:
    first = np.arange(0, size, window.stride) - window.padding
    pixels: NDArray[np.int64] = np.minimum(first + window.kernel_size, size) - np.maximum(first, 0)
    return pixels
