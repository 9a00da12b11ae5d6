"""ONNX: a graph as the bytes of a `.onnx` model, images and logits as (N, C, H, W)."""

from typing import Any, assert_never

import numpy as np
from numpy.typing import DTypeLike, NDArray
from onnx import NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

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
    Window,
    ZeroLayer,
)
from device_agents.graphs.weights import Weights

# Opset 17 and IR version 8 (June 2022) hold all that is used here, and every runtime of the last years reads them.
_OPSET = 17
_IR_VERSION = 8


def onnx_model(graph: Graph, weights: Weights, batch_size: int, dtype: DTypeLike = np.float32) -> bytes:
    """Return a serialised model with one input and one output, named as the graph's source and target.

    Args:
        graph: The layers.
        weights: Theirs.
        batch_size: Of input and output.
        dtype: What maps and weights are stored as: float32 or float16.
    """
    return OnnxBuilder(weights, dtype).build(graph, batch_size)


class OnnxBuilder:
    """The nodes and initializers so far. A quantised graph differs in how maps are read, written and stored.

    Args:
        weights: Those of the layers to be added.
        dtype: What the nodes compute with.
    """

    def __init__(self, weights: Weights, dtype: DTypeLike) -> None:
        self._weights = weights
        self._dtype = np.dtype(dtype)
        self._nodes: list[NodeProto] = []
        self._initializers: list[TensorProto] = []

    def build(self, graph: Graph, batch_size: int) -> bytes:
        """Return the serialised model of a graph's layers."""
        for layer in graph.layers:
            self._add(layer)
        proto = helper.make_graph(
            self._nodes,
            "workload",
            [self._value_info(graph.source, batch_size)],
            [self._value_info(graph.target, batch_size)],
            self._initializers,
        )
        opset = helper.make_opsetid("", _OPSET)
        model = helper.make_model(proto, opset_imports=[opset], ir_version=_IR_VERSION, producer_name="device_agents")
        return bytes(model.SerializeToString())

    def _map_dtype(self) -> np.dtype[Any]:
        """Return what maps are stored as."""
        return self._dtype

    def _read(self, feature_map: FeatureMap, tensor: str | None = None) -> str:
        """Return what a node that computes reads of a map, or of another tensor that stores the map's values."""
        return tensor or feature_map.name

    def _compute(
        self, kind: str, inputs: list[str], target: FeatureMap, tensor: str | None = None, **attributes: Any
    ) -> None:
        """Add a node that computes a map, and store the outcome as that map, or as another tensor of its values."""
        self._node(kind, inputs, tensor or target.name, **attributes)

    def _kernel_and_bias(self, layer: WeightedLayer) -> list[str]:
        name, held = layer.target.name, self._weights[layer.target.name]
        kernel = self._constant(f"{name}_kernel", held.kernel.astype(self._dtype))
        return [kernel, self._constant(f"{name}_bias", held.bias.astype(self._dtype))]

    def _zero(self, name: str) -> str:
        """Store a zero for a node that computes."""
        return self._constant(name, np.zeros((), self._dtype))

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        self._initializers.append(numpy_helper.from_array(value, name))
        return name

    def _node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def _add(self, layer: Layer) -> None:
        source, target = layer.source, layer.target
        match layer:
            case ConvLayer():
                self._add_conv(layer)
            case PoolLayer():
                self._add_pool(layer)
            case GlobalPoolLayer():
                self._compute("GlobalAveragePool", [self._read(source)], target)
            case LinearLayer():
                self._add_linear(layer)
            case AddLayer():
                self._compute("Add", [self._read(source), self._read(layer.skip)], target)
            case CopyLayer():
                self._node("Identity", [source.name], target.name)
            case ZeroLayer():
                self._compute("Mul", [self._read(source), self._zero(f"{target.name}_factor")], target)
            case _:
                assert_never(layer)

    def _add_conv(self, layer: ConvLayer) -> None:
        inputs = [self._read(layer.source), *self._kernel_and_bias(layer)]
        window = _window_attributes(layer.window)
        attributes = window | {"dilations": [layer.window.dilation] * 2, "group": layer.groups}
        target, convolved = layer.target, layer.convolved
        match layer.activation:
            case "relu":
                self._compute("Relu", [self._node("Conv", inputs, convolved.name, **attributes)], target)
            case "relu6":
                limits = [self._constant(f"{target.name}_{limit}", np.array(limit, self._dtype)) for limit in (0, 6)]
                self._compute("Clip", [self._node("Conv", inputs, convolved.name, **attributes), *limits], target)
            case "hard_swish":
                self._compute("Conv", inputs, convolved, **attributes)
                self._compute("HardSwish", [self._read(convolved)], target)
            case "none":
                self._compute("Conv", inputs, target, **attributes)
            case _:
                assert_never(layer.activation)

    def _add_pool(self, layer: PoolLayer) -> None:
        inputs, attributes = [self._read(layer.source)], _window_attributes(layer.window)
        match layer.kind:
            case "avg":
                self._compute("AveragePool", inputs, layer.target, count_include_pad=0, **attributes)
            case "max":
                self._compute("MaxPool", inputs, layer.target, **attributes)
            case _:
                assert_never(layer.kind)

    def _add_linear(self, layer: LinearLayer) -> None:
        name = layer.target.name
        flat, product = self._node("Flatten", [layer.source.name], f"{name}_flat"), f"{name}_product"
        inputs = [self._read(layer.source, flat), *self._kernel_and_bias(layer)]
        self._compute("Gemm", inputs, layer.target, product, transB=1)
        axes = self._constant(f"{name}_axes", np.array([2, 3], np.int64))
        self._node("Unsqueeze", [product, axes], name)

    def _value_info(self, feature_map: FeatureMap, batch_size: int) -> ValueInfoProto:
        height, width, channels = feature_map.shape
        kind = helper.np_dtype_to_tensor_dtype(self._map_dtype())
        return helper.make_tensor_value_info(feature_map.name, kind, (batch_size, channels, height, width))


def _window_attributes(window: Window) -> dict[str, Any]:
    return {
        "kernel_shape": [window.kernel_size] * 2,
        "strides": [window.stride] * 2,
        "pads": [window.padding] * 4,
    }
