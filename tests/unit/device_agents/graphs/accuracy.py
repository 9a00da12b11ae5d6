"""How near a quantised graph comes to the float one: the ratio of signal to noise, on images as feature maps are."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device_agents.graphs.calibration import calibrate, draw_feature_maps
from device_agents.graphs.lowering import lower
from device_agents.graphs.quantization import MapScales, map_scales
from device_agents.graphs.weights import draw_weights
from latency_service.contract.network import Workload
from latency_service.contract.ops import Shape

SEED = 2
BATCH_SIZE = 8
LEAST_SNR_DB = 25.0
# Ten and more convolutions behind each other, each of which adds its rounding.
LEAST_NETWORK_SNR_DB = 20.0


def images_of(shape: Shape, number: int = BATCH_SIZE) -> NDArray[np.float32]:
    """Return images that no graph was calibrated with."""
    generator = np.random.default_rng(11)
    drawn: list[NDArray[np.float32]] = []
    while sum(map(len, drawn)) < number:
        drawn.append(draw_feature_maps(shape, generator))
    return np.concatenate(drawn)[:number]


@cache
def scales_of(workload: Workload, seed: int = SEED) -> MapScales:
    """Return the scales of a workload's maps, as the runtimes choose them."""
    graph = lower(workload)
    return map_scales(graph, calibrate(graph, draw_weights(graph, seed), seed))


def snr_db(expected: NDArray[np.floating[Any]], output: NDArray[np.floating[Any]]) -> float:
    """Return the ratio of the expected values' power to that of the error, in decibels."""
    noise = float(np.square(output - expected).sum())
    return float("inf") if noise == 0 else 10 * np.log10(float(np.square(expected).sum()) / noise)
