"""StoredMaps: how a model stores its input and output, so that images go in and outputs come out as float32."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from device_agents.graphs.quantization import MapScale
from device_agents.runtimes.base import Array


@dataclass(frozen=True)
class StoredMaps:
    """The way in and the way out.

    Attributes:
        dtype: Of what is stored.
        store: Float32 images as the model takes them.
        restore: What the model gives as float32.
    """

    dtype: np.dtype[Any]
    store: Callable[[Array], NDArray[Any]]
    restore: Callable[[NDArray[Any]], Array]


def floats(dtype: DTypeLike) -> StoredMaps:
    """Return maps of floats: 32 or 16 bits."""
    stored = np.dtype(dtype)
    return StoredMaps(
        stored,
        store=lambda images: images.astype(stored, copy=False),
        restore=lambda output: output.astype(np.float32, copy=False),
    )


def integers(source: MapScale, target: MapScale) -> StoredMaps:
    """Return maps of integers, in the steps of a graph's source and target."""
    return StoredMaps(source.dtype, source.quantize, target.dequantize)
