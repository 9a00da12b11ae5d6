"""Simulated devices: log-latencies of known rank, a deviation of each device's own, and noise."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from latency_service.contract.ops import OpSpec
from latency_service.modelling.features import feature_matrix

Matrix = NDArray[np.float64]

RANK = 3


def devices(ops: Sequence[OpSpec], count: int, seed: int, deviation: float = 0.02, noise: float = 0.01) -> Matrix:
    """Return latencies, milliseconds, shape (count, ops).

    Args:
        ops: Whose.
        count: How many devices.
        seed: Draws the devices; the RANK ways in which they differ are those of the seed, too.
        deviation: Standard deviation of an op's logarithm on one device, which nothing tells.
        noise: Likewise, of a measurement.
    """
    drawn = np.random.default_rng(seed)
    macs = feature_matrix(ops, ("log_macs",))[:, 0]
    ways = drawn.normal(0, 0.3, (RANK, len(ops)))
    levels, amounts = drawn.normal(0, 1, (count, 1)), drawn.normal(0, 1, (count, RANK))
    own = drawn.normal(0, np.hypot(deviation, noise), (count, len(ops)))
    latencies: Matrix = np.exp(0.7 * (macs - macs.mean()) + levels + amounts @ ways + own)
    return latencies
