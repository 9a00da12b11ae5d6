"""Quantised TFLite: every map int8, kernels int8, biases int32; input and output are int8 themselves.

An op that is timed alone is one between others, which hand it integers.

Source: TensorFlow Lite 8-bit quantization specification.
"""

import numpy as np

from device_agents.graphs.layers import FeatureMap, Graph, LinearLayer, WeightedLayer
from device_agents.graphs.quantization import MapScales, quantize_weights, scale_of_range
from device_agents.graphs.tflite_graph import TfliteBuilder
from device_agents.graphs.tflite_model import Steps, TensorIndex
from device_agents.graphs.weights import Array, Weights


def quantized_tflite_model(graph: Graph, weights: Weights, batch_size: int, scales: MapScales) -> bytes:
    """Return a serialised model with one int8 input and output, named as the graph's source and target.

    Args:
        graph: The layers.
        weights: Their float weights.
        batch_size: Of input and output.
        scales: Of every map.
    """
    return _QuantizedBuilder(weights, batch_size, scales).build(graph)


class _QuantizedBuilder(TfliteBuilder):
    def __init__(self, weights: Weights, batch_size: int, scales: MapScales) -> None:
        super().__init__(weights, batch_size)
        self._scales = scales

    def _steps(self, feature_map: FeatureMap) -> Steps:
        scale = self._scales[feature_map.name]
        return Steps(np.array([scale.scale], np.float32), scale.zero_point)

    def _kernel_and_bias(self, layer: WeightedLayer, axes: tuple[int, ...]) -> list[TensorIndex]:
        name = layer.target.name
        # FULLY_CONNECTED knows one scale in all: scales for each channel came years after `tflite-runtime` ended.
        per_channel = not isinstance(layer, LinearLayer)
        stored = quantize_weights(self._weights[name], self._scales[layer.source.name], per_channel=per_channel)
        kernel_steps = Steps(stored.kernel_scales, axis=axes.index(0))
        kernel = self._model.add_constant(f"{name}_kernel", stored.kernel.transpose(axes), kernel_steps)
        return [kernel, self._model.add_constant(f"{name}_bias", stored.bias, Steps(stored.bias_scales))]

    def _factors(self, name: str, values: Array) -> TensorIndex:
        scale = scale_of_range(0.0, float(values.max()))
        steps = Steps(np.array([scale.scale], np.float32), scale.zero_point)
        return self._model.add_constant(name, scale.quantize(values), steps)

    def _lowest(self, name: str, feature_map: FeatureMap) -> TensorIndex:
        return self._model.add_constant(name, np.array([-128], np.int8), self._steps(feature_map))
