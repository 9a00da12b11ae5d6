"""Batch normalisation as it was before it was folded: a kernel without a bias, and the layer behind it."""

from dataclasses import dataclass

import numpy as np

from device_agents.graphs.weights import Array, LayerWeights

EPSILON = 1e-5
_STATISTICS_STREAM = 2


@dataclass(frozen=True)
class Unfolded:
    """A convolution's kernel, and the normalisation behind it; all but the kernel have shape (output channels,).

    Attributes:
        kernel: As the folded one.
        scale: The layer's weight, gamma.
        shift: The layer's bias, beta.
        mean: Its running mean.
        variance: Its running variance, positive.
    """

    kernel: Array
    scale: Array
    shift: Array
    mean: Array
    variance: Array


def unfold(held: LayerWeights) -> Unfolded:
    """Return a convolution and a normalisation that, folded, are the given weights; the statistics are random."""
    generator = np.random.default_rng((_STATISTICS_STREAM, *held.kernel.shape))
    scale, variance = (_around_one(generator, len(held.bias)) for _ in range(2))
    mean = generator.standard_normal(len(held.bias), dtype=np.float32)
    factor = scale / np.sqrt(variance + np.float32(EPSILON))
    kernel = held.kernel / factor.reshape(-1, *[1] * (held.kernel.ndim - 1))
    return Unfolded(kernel, scale, held.bias + mean * factor, mean, variance)


def _around_one(generator: np.random.Generator, channels: int) -> Array:
    return generator.uniform(0.5, 1.5, channels).astype(np.float32)
