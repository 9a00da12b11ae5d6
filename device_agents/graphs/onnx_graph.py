"""ONNX: a graph as the bytes of a `.onnx` model, images and logits as (N, C, H, W)."""

from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray
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
    Window,
    ZeroLayer,
)
from device_agents.graphs.weights import Weights

# Opset 17 and IR version 8 (June 2022) hold all that is used here, and every runtime of the last years reads them.
_OPSET = 17
_IR_VERSION = 8


def onnx_model(graph: Graph, weights: Weights, batch_size: int) -> bytes:
    """Return a serialised model with one input and one output, named as the graph's source and target."""
    builder = _Builder(weights)
    for layer in graph.layers:
        builder.add(layer)
    proto = helper.make_graph(
        builder.nodes,
        "workload",
        [_value_info(graph.source, batch_size)],
        [_value_info(graph.target, batch_size)],
        builder.initializers,
    )
    opset = helper.make_opsetid("", _OPSET)
    model = helper.make_model(proto, opset_imports=[opset], ir_version=_IR_VERSION, producer_name="device_agents")
    return bytes(model.SerializeToString())


def _value_info(feature_map: FeatureMap, batch_size: int) -> ValueInfoProto:
    height, width, channels = feature_map.shape
    return helper.make_tensor_value_info(feature_map.name, TensorProto.FLOAT, (batch_size, channels, height, width))


class _Builder:
    """The nodes and initializers so far."""

    def __init__(self, weights: Weights) -> None:
        self.nodes: list[NodeProto] = []
        self.initializers: list[TensorProto] = []
        self._weights = weights

    def add(self, layer: Layer) -> None:
        source, target = layer.source.name, layer.target.name
        match layer:
            case ConvLayer():
                self._add_conv(layer)
            case PoolLayer():
                self._add_pool(layer)
            case GlobalPoolLayer():
                self._node("GlobalAveragePool", [source], target)
            case LinearLayer():
                self._add_linear(layer)
            case AddLayer():
                self._node("Add", [source, layer.skip.name], target)
            case CopyLayer():
                self._node("Identity", [source], target)
            case ZeroLayer():
                self._node("Mul", [source, self._constant(f"{target}_factor", np.zeros((), np.float32))], target)
            case _:
                assert_never(layer)

    def _add_conv(self, layer: ConvLayer) -> None:
        name = layer.target.name
        convolved = name if layer.activation == "none" else f"{name}_convolved"
        inputs = [layer.source.name, *self._kernel_and_bias(name)]
        attributes = _window_attributes(layer.window) | {"dilations": [layer.window.dilation] * 2}
        self._node("Conv", inputs, convolved, group=layer.groups, **attributes)
        match layer.activation:
            case "relu":
                self._node("Relu", [convolved], name)
            case "relu6":
                low, high = (self._constant(f"{name}_{limit}", np.array(limit, np.float32)) for limit in (0, 6))
                self._node("Clip", [convolved, low, high], name)
            case "hard_swish":
                self._node("HardSwish", [convolved], name)
            case "none":
                pass
            case _:
                assert_never(layer.activation)

    def _add_pool(self, layer: PoolLayer) -> None:
        inputs, target, attributes = [layer.source.name], layer.target.name, _window_attributes(layer.window)
        match layer.kind:
            case "avg":
                self._node("AveragePool", inputs, target, count_include_pad=0, **attributes)
            case "max":
                self._node("MaxPool", inputs, target, **attributes)
            case _:
                assert_never(layer.kind)

    def _add_linear(self, layer: LinearLayer) -> None:
        name = layer.target.name
        flat, product = f"{name}_flat", f"{name}_product"
        self._node("Flatten", [layer.source.name], flat)
        self._node("Gemm", [flat, *self._kernel_and_bias(name)], product, transB=1)
        axes = self._constant(f"{name}_axes", np.array([2, 3], np.int64))
        self._node("Unsqueeze", [product, axes], name)

    def _kernel_and_bias(self, name: str) -> list[str]:
        held = self._weights[name]
        return [self._constant(f"{name}_kernel", held.kernel), self._constant(f"{name}_bias", held.bias)]

    def _constant(self, name: str, value: NDArray[np.float32] | NDArray[np.int64]) -> str:
        self.initializers.append(numpy_helper.from_array(value, name))
        return name

    def _node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))


def _window_attributes(window: Window) -> dict[str, list[int]]:
    return {
        "kernel_shape": [window.kernel_size] * 2,
        "strides": [window.stride] * 2,
        "pads": [window.padding] * 4,
    }
