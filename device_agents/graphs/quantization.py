"""Quantisation: the whole numbers that stand for a float graph's maps and weights, the same in every model format.

Maps are asymmetric with one scale each, kernels symmetric with a scale for every output channel, biases 32 bits wide
at the scale of the products that they are added to.

Source: TensorFlow Lite 8-bit quantization specification; Jacob et al., Quantization and Training of Neural Networks for
Efficient Integer-Arithmetic-Only Inference, arXiv:1712.05877, section 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device_agents.graphs.calibration import Ranges
from device_agents.graphs.layers import ConvLayer, CopyLayer, Graph, PoolLayer
from device_agents.graphs.weights import Array, LayerWeights

_STEPS = 255
# A bias within it leaves the other half of 32 bits to the products that are added to it.
_LARGEST_BIAS = 2**30
# Below, a hard swish is zero, as it is there.
_SWISH_BEGINS = -3.0


@dataclass(frozen=True)
class MapScale:
    """Where a map's stored numbers stand: `value = scale * (stored - zero_point)`.

    Attributes:
        scale: Positive.
        zero_point: What is stored for zero, within the stored type.
        is_signed: Whether int8 is stored, or uint8.
    """

    scale: float
    zero_point: int
    is_signed: bool = True

    @property
    def dtype(self) -> np.dtype[Any]:
        """The stored type."""
        return np.dtype(np.int8 if self.is_signed else np.uint8)

    def unsigned(self) -> "MapScale":
        """Return the same steps, stored as uint8."""
        return MapScale(self.scale, self.zero_point + 128, is_signed=False) if self.is_signed else self

    def quantize(self, values: Array) -> NDArray[Any]:
        """Return the stored numbers nearest to the values; beyond the range, its end."""
        limits = np.iinfo(self.dtype)
        steps = np.rint(values / np.float32(self.scale)) + np.float32(self.zero_point)
        stored: NDArray[Any] = np.clip(steps, limits.min, limits.max).astype(self.dtype)
        return stored

    def dequantize(self, stored: NDArray[Any]) -> Array:
        """Return the values that are stored."""
        return (stored.astype(np.float32) - np.float32(self.zero_point)) * np.float32(self.scale)


#: By the map's name.
MapScales = Mapping[str, MapScale]


@dataclass(frozen=True)
class StoredWeights:
    """A layer's weights as they are stored.

    Attributes:
        kernel: int8, of the float kernel's shape.
        kernel_scales: Shape (output channels,), or (1,) for one scale in all.
        bias: int32, shape (output channels,).
        bias_scales: As `kernel_scales`.
    """

    kernel: NDArray[np.int8]
    kernel_scales: Array
    bias: NDArray[np.int32]
    bias_scales: Array


def map_scales(graph: Graph, ranges: Ranges) -> MapScales:
    """Return every map's scale; a pool and a copy keep that of their source, as TFLite's specification has it."""
    scales = {name: scale_of_range(*limits) for name, limits in ranges.items()}
    for layer in graph.layers:
        if isinstance(layer, PoolLayer | CopyLayer):
            scales[layer.target.name] = scales[layer.source.name]
        elif isinstance(layer, ConvLayer) and layer.activation == "hard_swish":
            low, high = ranges[layer.convolved.name]
            scales[layer.convolved.name] = scale_of_range(max(low, _SWISH_BEGINS), high)
    return scales


def scale_of_range(low: float, high: float) -> MapScale:
    """Return the scale that reaches from low to high, and stores zero exactly; of nothing but zeros it is 1."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = float(np.float32((high - low) / _STEPS)) or 1.0
    return MapScale(scale, round(-128 - low / scale))


def quantize_weights(held: LayerWeights, source: MapScale, limit: int = 127, per_channel: bool = True) -> StoredWeights:
    """Return a layer's weights as whole numbers.

    A channel whose kernel has all but died has larger steps than its kernel asks for: its bias, which is counted in
    them too, would not fit otherwise.

    Args:
        held: The float weights.
        source: Of the map that the layer reads.
        limit: The largest number that a kernel stores.
        per_channel: Whether each output channel has a scale of its own.
    """
    rows = held.kernel.reshape(len(held.kernel) if per_channel else 1, -1)
    largest_biases = np.abs(held.bias).reshape(len(rows), -1).max(axis=1)
    least_scales = largest_biases / np.float32(_LARGEST_BIAS * source.scale)
    scales = np.maximum(np.abs(rows).max(axis=1) / np.float32(limit), least_scales)
    scales[scales == 0] = 1
    kernel = np.rint(rows / scales[:, np.newaxis]).astype(np.int8).reshape(held.kernel.shape)
    bias_scales = scales * np.float32(source.scale)
    return StoredWeights(kernel, scales, np.rint(held.bias / bias_scales).astype(np.int32), bias_scales)
