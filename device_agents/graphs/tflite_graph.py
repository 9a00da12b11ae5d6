"""TFLite: a graph as the bytes of a `.tflite` model, images and logits as (N, H, W, C).

Our windows pad alike on every side. TFLite's SAME puts the odd pixel behind, so that at stride 2 on an even input it
looks at other pixels: there the padding is an operator of its own, and the window VALID. XNNPACK folds the two.
"""

from typing import assert_never

import numpy as np
from tflite import ActivationFunctionType, Padding

from device_agents.graphs.layers import (
    AddLayer,
    ConvLayer,
    CopyLayer,
    FeatureMap,
    GlobalPoolLayer,
    Graph,
    Layer,
    LinearLayer,
    PoolLayer,
    WeightedLayer,
    ZeroLayer,
)
from device_agents.graphs.tflite_model import Steps, TensorIndex, TfliteModel
from device_agents.graphs.tflite_padding import average_correction, same_padding_fits
from device_agents.graphs.weights import Array, Weights
from latency_service.contract.ops import Activation, Shape

# HARD_SWISH is an operator of its own, the others are fused.
_FUSED: dict[Activation, int] = {
    "relu6": ActivationFunctionType.RELU6,
    "relu": ActivationFunctionType.RELU,
    "hard_swish": ActivationFunctionType.NONE,
    "none": ActivationFunctionType.NONE,
}


def tflite_model(graph: Graph, weights: Weights, batch_size: int) -> bytes:
    """Return a serialised model with one input and one output, named as the graph's source and target."""
    return TfliteBuilder(weights, batch_size).build(graph)


class TfliteBuilder:
    """The model so far, and the tensor of each feature map in it. A quantised graph differs in what is stored.

    Args:
        weights: Those of the layers to be added.
        batch_size: Of every map.
    """

    def __init__(self, weights: Weights, batch_size: int) -> None:
        self._model = TfliteModel()
        self._weights = weights
        self._tensors: dict[str, TensorIndex] = {}
        self._batch_size = batch_size

    def build(self, graph: Graph) -> bytes:
        """Return the serialised model of a graph's layers."""
        source = self._add_map(graph.source)
        for layer in graph.layers:
            self._add(layer)
        return self._model.serialize(source, self._tensors[graph.target.name])

    def _steps(self, feature_map: FeatureMap) -> Steps | None:
        """Return the steps in which a map is stored, or None for floats."""
        return None

    def _kernel_and_bias(self, layer: WeightedLayer, axes: tuple[int, ...]) -> list[TensorIndex]:
        """Store a layer's weights, the kernel with its axes in the given order."""
        name, held = layer.target.name, self._weights[layer.target.name]
        kernel = self._model.add_constant(f"{name}_kernel", held.kernel.transpose(axes))
        return [kernel, self._model.add_constant(f"{name}_bias", held.bias)]

    def _factors(self, name: str, values: Array) -> TensorIndex:
        """Store non-negative numbers that a map is multiplied with."""
        return self._model.add_constant(name, values)

    def _lowest(self, name: str, feature_map: FeatureMap) -> TensorIndex:
        """Store the smallest number that a map may hold."""
        return self._model.add_constant(name, np.array([np.finfo(np.float32).min], np.float32))

    def _add_map(self, feature_map: FeatureMap) -> TensorIndex:
        self._tensors[feature_map.name] = self._tensor(feature_map)
        return self._tensors[feature_map.name]

    def _add(self, layer: Layer) -> None:
        source, target = self._tensors[layer.source.name], self._add_map(layer.target)
        name = layer.target.name
        match layer:
            case ConvLayer():
                self._add_conv(layer, source, target)
            case PoolLayer(kind="max"):
                self._add_max_pool(layer, source, target)
            case PoolLayer():
                self._add_average_pool(layer, source, target)
            case GlobalPoolLayer():
                axes = self._model.add_constant(f"{name}_axes", np.array([1, 2], dtype=np.int32))
                self._model.add_operator("MEAN", [source, axes], target, "ReducerOptions", KeepDims=True)
            case LinearLayer():
                inputs = [source, *self._kernel_and_bias(layer, axes=(0, 1))]
                self._model.add_operator("FULLY_CONNECTED", inputs, target, "FullyConnectedOptions", KeepNumDims=True)
            case AddLayer():
                self._model.add_operator("ADD", [source, self._tensors[layer.skip.name]], target, "AddOptions")
            case CopyLayer():
                shape = self._model.add_constant(f"{name}_shape", np.array(self._sizes(layer.target.shape), np.int32))
                self._model.add_operator("RESHAPE", [source, shape], target, "ReshapeOptions")
            case ZeroLayer():
                self._multiply(source, np.zeros((1, 1, 1, 1), np.float32), target, name)
            case _:
                assert_never(layer)

    def _add_conv(self, layer: ConvLayer, source: TensorIndex, target: TensorIndex) -> None:
        swishes = layer.activation == "hard_swish"
        convolved = self._tensor(layer.convolved) if swishes else target
        source, padding = self._pad(layer, source)
        options = dict(
            Padding=padding,
            StrideW=layer.window.stride,
            StrideH=layer.window.stride,
            DilationWFactor=layer.window.dilation,
            DilationHFactor=layer.window.dilation,
            FusedActivationFunction=_FUSED[layer.activation],
        )
        if layer.is_depthwise:
            inputs = [source, *self._kernel_and_bias(layer, axes=(1, 2, 3, 0))]
            options["DepthMultiplier"] = layer.target.shape.channels // layer.source.shape.channels
            self._model.add_operator("DEPTHWISE_CONV_2D", inputs, convolved, "DepthwiseConv2DOptions", **options)
        else:
            inputs = [source, *self._kernel_and_bias(layer, axes=(0, 2, 3, 1))]
            self._model.add_operator("CONV_2D", inputs, convolved, "Conv2DOptions", **options)
        if swishes:
            self._model.add_operator("HARD_SWISH", [convolved], target, "HardSwishOptions")

    def _add_max_pool(self, layer: PoolLayer, source: TensorIndex, target: TensorIndex) -> None:
        source, padding = self._pad(layer, source)
        self._add_pool("MAX_POOL_2D", layer, source, target, padding)

    def _add_average_pool(self, layer: PoolLayer, source: TensorIndex, target: TensorIndex) -> None:
        name = layer.target.name
        padded, padding = self._pad(layer, source)
        if padded == source:  # SAME: TFLite leaves its own padding out of an average
            self._add_pool("AVERAGE_POOL_2D", layer, source, target, padding)
            return
        diluted = self._tensor(layer.source, f"{name}_diluted", layer.target.shape)
        self._add_pool("AVERAGE_POOL_2D", layer, padded, diluted, padding)
        self._multiply(diluted, average_correction(layer.source.shape, layer.window), target, name)

    def _add_pool(self, kind: str, layer: PoolLayer, source: TensorIndex, target: TensorIndex, padding: int) -> None:
        options = dict(
            Padding=padding,
            StrideW=layer.window.stride,
            StrideH=layer.window.stride,
            FilterWidth=layer.window.kernel_size,
            FilterHeight=layer.window.kernel_size,
        )
        self._model.add_operator(kind, [source], target, "Pool2DOptions", **options)

    def _pad(self, layer: ConvLayer | PoolLayer, source: TensorIndex) -> tuple[TensorIndex, int]:
        """Return the map that the window slides over, padded where SAME will not do: for a maximum with the lowest."""
        if same_padding_fits(layer.source.shape, layer.window):
            return source, Padding.SAME
        name, margin = layer.target.name, layer.window.padding
        height, width, channels = layer.source.shape
        shape = Shape(height + 2 * margin, width + 2 * margin, channels)
        padded = self._tensor(layer.source, f"{name}_padded", shape)
        margins = np.array([[0, 0], [margin, margin], [margin, margin], [0, 0]], np.int32)
        inputs = [source, self._model.add_constant(f"{name}_margins", margins)]
        if isinstance(layer, PoolLayer) and layer.kind == "max":
            inputs.append(self._lowest(f"{name}_margin_value", layer.source))
            self._model.add_operator("PADV2", inputs, padded, "PadV2Options")
        else:
            self._model.add_operator("PAD", inputs, padded, "PadOptions")
        return padded, Padding.VALID

    def _multiply(self, source: TensorIndex, factors: Array, target: TensorIndex, name: str) -> None:
        inputs = [source, self._factors(f"{name}_factors", factors)]
        self._model.add_operator("MUL", inputs, target, "MulOptions")

    def _tensor(self, feature_map: FeatureMap, name: str | None = None, shape: Shape | None = None) -> TensorIndex:
        """Add a tensor for a map, or for another of the same steps."""
        sizes = self._sizes(shape or feature_map.shape)
        return self._model.add_tensor(name or feature_map.name, sizes, self._steps(feature_map))

    def _sizes(self, shape: Shape) -> tuple[int, int, int, int]:
        return (self._batch_size, shape.height, shape.width, shape.channels)
