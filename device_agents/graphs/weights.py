"""Weights: float32 kernels and biases for a graph's layers, the same for the same seed wherever they are drawn."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device_agents.graphs.layers import ConvLayer, Graph, WeightedLayer

Array = NDArray[np.float32]

_BIAS_SCALE = 0.1
_WEIGHT_STREAM = 0


@dataclass(frozen=True)
class LayerWeights:
    """A layer's weights with the batch normalisation behind it folded in.

    Attributes:
        kernel: (output channels, input channels a group, height, width), or (output, input channels) of a linear layer.
        bias: (output channels,).
    """

    kernel: Array
    bias: Array


#: By the name of the layer's target.
Weights = Mapping[str, LayerWeights]


def draw_weights(graph: Graph, seed: int) -> Weights:
    """Return weights for every layer that has them, scaled so that activations stay of order 1.

    Source: He et al., Delving Deep into Rectifiers, arXiv:1502.01852, section 2.2.
    """
    return {
        layer.target.name: _draw(layer, np.random.default_rng((seed, _WEIGHT_STREAM, index)))
        for index, layer in enumerate(graph.weighted_layers)
    }


def weight_bytes(graph: Graph, bytes_each: int = 4) -> int:
    """Return the size of all kernels and biases, of which each number takes so many bytes."""
    return bytes_each * sum(math.prod(layer.kernel_shape) + layer.kernel_shape[0] for layer in graph.weighted_layers)


def _draw(layer: WeightedLayer, generator: np.random.Generator) -> LayerWeights:
    shape = layer.kernel_shape
    rectified = isinstance(layer, ConvLayer) and layer.activation != "none"
    scale = math.sqrt((2.0 if rectified else 1.0) / math.prod(shape[1:]))
    kernel = generator.standard_normal(shape, dtype=np.float32)
    kernel *= np.float32(scale)
    bias = generator.standard_normal(shape[0], dtype=np.float32) * np.float32(_BIAS_SCALE)
    return LayerWeights(kernel, bias)
