"""Quantised ONNX: the float graph, in which every map and weight goes through 8-bit integers.

Maps are uint8, kernels int8 with a scale for each output channel, as ONNX Runtime's documentation has it for x86. A
runtime with integer kernels fuses each node with the DequantizeLinear before and the QuantizeLinear behind it.
Input and output are uint8 themselves: an op that is timed alone is one between others, which hand it integers.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from device_agents.graphs.layers import FeatureMap, Graph, WeightedLayer
from device_agents.graphs.onnx_graph import OnnxBuilder
from device_agents.graphs.quantization import MapScale, MapScales, quantize_weights
from device_agents.graphs.weights import Array, Weights

# Seven bits. On an x86 without VNNI, ONNX Runtime adds two products in 16 bits; with eight they overflow there, and an
# MBConv that is 34 dB above its noise falls to 22 dB, at worst to 8 dB. Seven bits cost 2 dB, and suit every CPU.
_KERNEL_LIMIT = 63


def quantized_onnx_model(graph: Graph, weights: Weights, batch_size: int, scales: MapScales) -> bytes:
    """Return a serialised model with one uint8 input and output, named as the graph's source and target.

    Args:
        graph: The layers.
        weights: Their float weights.
        batch_size: Of input and output.
        scales: Of every map.
    """
    return _QuantizedBuilder(weights, scales).build(graph, batch_size)


class _QuantizedBuilder(OnnxBuilder):
    def __init__(self, weights: Weights, scales: MapScales) -> None:
        super().__init__(weights, np.float32)
        self._scales = {name: scale.unsigned() for name, scale in scales.items()}

    def _map_dtype(self) -> np.dtype[Any]:
        return np.dtype(np.uint8)

    def _read(self, feature_map: FeatureMap, tensor: str | None = None) -> str:
        stored = tensor or feature_map.name
        # A node of its own for each reader: a runtime fuses it into that reader.
        real = f"{stored}_read{len(self._nodes)}"
        return self._node("DequantizeLinear", [stored, *self._steps(real, self._scales[feature_map.name])], real)

    def _compute(
        self, kind: str, inputs: list[str], target: FeatureMap, tensor: str | None = None, **attributes: Any
    ) -> None:
        stored = tensor or target.name
        real = self._node(kind, inputs, f"{stored}_real", **attributes)
        self._node("QuantizeLinear", [real, *self._steps(stored, self._scales[target.name])], stored)

    def _kernel_and_bias(self, layer: WeightedLayer) -> list[str]:
        name = layer.target.name
        stored = quantize_weights(self._weights[name], self._scales[layer.source.name], _KERNEL_LIMIT)
        kernel = self._weight(f"{name}_kernel", stored.kernel, stored.kernel_scales)
        return [kernel, self._weight(f"{name}_bias", stored.bias, stored.bias_scales)]

    def _zero(self, name: str) -> str:
        stored = self._constant(name, np.zeros((), np.uint8))
        return self._node("DequantizeLinear", [stored, *self._steps(name, MapScale(1.0, 0, False))], f"{name}_real")

    def _weight(self, name: str, stored: NDArray[Any], scales: Array) -> str:
        inputs = [self._constant(name, stored), self._constant(f"{name}_scale", scales)]
        inputs.append(self._constant(f"{name}_zero_point", np.zeros(scales.shape, stored.dtype)))
        return self._node("DequantizeLinear", inputs, f"{name}_real", axis=0)

    def _steps(self, name: str, scale: MapScale) -> list[str]:
        return [
            self._constant(f"{name}_scale", np.array(scale.scale, np.float32)),
            self._constant(f"{name}_zero_point", np.array(scale.zero_point, scale.dtype)),
        ]
