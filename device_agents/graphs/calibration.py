"""Calibration: the range of every map of a float graph, over images such as feature maps are."""

from collections.abc import Iterable, Mapping

import numpy as np

from device_agents.graphs.float_forward import float_maps
from device_agents.graphs.layers import Graph
from device_agents.graphs.weights import Array, Weights
from latency_service.contract.ops import Shape

#: Smallest and largest value, by the map's name.
Ranges = Mapping[str, tuple[float, float]]

_IMAGES_STREAM = 3
# So many values show the tails of a distribution; small maps need many images for that, large ones few.
_VALUES = 2**18
_MOST_IMAGES = 256
# Together the variance of a standard normal distribution.
_LEVEL_SHARE, _NOISE_SHARE = 0.64, 0.36


def calibrate(graph: Graph, weights: Weights, seed: int) -> Ranges:
    """Return the range that each map takes.

    Tried, does not work: cutting off the outermost values of each map. At a share of 1e-5 and 1e-4 a whole network
    loses 0.2 dB, at 1e-3 it loses 2.4 dB.
    """
    images = draw_feature_maps(graph.source.shape, np.random.default_rng((seed, _IMAGES_STREAM)))
    return ranges_over(graph, weights, [images])


def ranges_over(graph: Graph, weights: Weights, batches: Iterable[Array]) -> Ranges:
    """Return the range that each map takes over given images, such as those that a trained network is meant for.

    Args:
        graph: The layers.
        weights: Theirs.
        batches: At least one, each (batch size, channels, height, width); the maps of one at a time are in memory.
    """
    ranges: dict[str, tuple[float, float]] = {}
    for images in batches:
        for name, values in float_maps(graph, weights, images):
            low, high = ranges.get(name, (np.inf, -np.inf))
            ranges[name] = (min(low, float(values.min())), max(high, float(values.max())))
    return ranges


def draw_feature_maps(shape: Shape, generator: np.random.Generator) -> Array:
    """Return as many images as it takes to see the range of such maps: a level for each channel, and noise about it.

    Noise alone would not do: its average over a map is next to nothing, and a pool's range would be far too small.

    Returns:
        Shape (at least 1, channels, height, width), standard normal.
    """
    height, width, channels = shape
    number = number_of_images(shape)
    level = generator.standard_normal((number, channels, 1, 1), dtype=np.float32)
    noise = generator.standard_normal((number, channels, height, width), dtype=np.float32)
    level *= np.sqrt(np.float32(_LEVEL_SHARE))
    noise *= np.sqrt(np.float32(_NOISE_SHARE))
    return noise + level


def number_of_images(shape: Shape) -> int:
    """Return how many images of a shape it takes."""
    height, width, channels = shape
    return min(_MOST_IMAGES, -(-_VALUES // (height * width * channels)))
