"""The float graph run by numpy alone: what quantisation is calibrated with, the same on every device.

An engine would be faster, but a board may have none that shows the maps between layers, and two engines round apart:
the same workload would then be quantised differently on two devices. No input is unfolded into columns, so that a layer
takes little more memory than its maps.
"""

from collections.abc import Iterator
from functools import reduce
from typing import assert_never

import numpy as np

from device_agents.graphs.layers import (
    AddLayer,
    ConvLayer,
    CopyLayer,
    GlobalPoolLayer,
    Graph,
    Layer,
    LinearLayer,
    PoolLayer,
    Window,
    ZeroLayer,
)
from device_agents.graphs.weights import Array, LayerWeights, Weights
from latency_service.contract.ops import Activation

#: Shape (channels, batch size, height, width): a 1x1 convolution is one matrix product then.
Map = Array


def float_maps(graph: Graph, weights: Weights, images: Array) -> Iterator[tuple[str, Map]]:
    """Yield every map's name and content, from the source to the target.

    A convolution before a hard swish gives two maps: what it has computed, and the activation of that.

    Args:
        graph: The layers.
        weights: Theirs.
        images: Shape (batch size, channels, height, width).
    """
    skips = {layer.skip.name for layer in graph.layers if isinstance(layer, AddLayer)}
    kept: dict[str, Map] = {}
    x = np.ascontiguousarray(images.transpose(1, 0, 2, 3))
    yield graph.source.name, x
    for layer in graph.layers:
        if layer.source.name in skips:
            kept[layer.source.name] = x
        if isinstance(layer, ConvLayer):
            x = _convolve(layer, weights[layer.target.name], x)
            if layer.activation == "hard_swish":
                yield layer.convolved.name, x
            x = _activate(x, layer.activation)
        else:
            x = _apply(layer, weights, x, kept)
        yield layer.target.name, x


def _apply(layer: Layer, weights: Weights, x: Map, kept: dict[str, Map]) -> Map:
    match layer:
        case PoolLayer():
            return _pool(layer, x)
        case GlobalPoolLayer():
            return np.asarray(x.mean(axis=(2, 3), keepdims=True))
        case LinearLayer():
            held = weights[layer.target.name]
            return _product(held.kernel, x) + _per_channel(held.bias)
        case AddLayer():
            return x + kept.pop(layer.skip.name)
        case CopyLayer():
            return x
        case ZeroLayer():
            return np.zeros_like(x)
        case ConvLayer():
            raise AssertionError("a convolution gives more maps than one")
        case _:
            assert_never(layer)


def _convolve(layer: ConvLayer, held: LayerWeights, x: Map) -> Map:
    products = (
        _grouped_product(held.kernel[:, :, row, column], pixels, layer.groups)
        for (row, column), pixels in _taps(x, layer.window, padding=0.0)
    )
    return reduce(np.add, products) + _per_channel(held.bias)


def _pool(layer: PoolLayer, x: Map) -> Map:
    match layer.kind:
        case "max":
            return reduce(np.maximum, (pixels for _, pixels in _taps(x, layer.window, padding=-np.inf)))
        case "avg":
            ones = np.ones((1, 1, *x.shape[2:]), np.float32)
            return _sum_of_window(layer.window, x) / _sum_of_window(layer.window, ones)
        case _:
            assert_never(layer.kind)


def _sum_of_window(window: Window, x: Map) -> Map:
    return reduce(np.add, (pixels for _, pixels in _taps(x, window, padding=0.0)))


def _activate(x: Map, activation: Activation) -> Map:
    match activation:
        case "relu":
            return np.maximum(x, np.float32(0))
        case "relu6":
            return np.clip(x, 0, 6)
        case "hard_swish":
            return x * np.clip(x + 3, 0, 6) / 6
        case "none":
            return x
        case _:
            assert_never(activation)


def _taps(x: Map, window: Window, padding: float) -> Iterator[tuple[tuple[int, int], Map]]:
    """Yield each row and column of a window, and the pixels that it meets there on its way over the map."""
    margin, stride, dilation = window.padding, window.stride, window.dilation
    margins = [(0, 0), (0, 0), (margin, margin), (margin, margin)]
    padded = np.pad(x, margins, constant_values=padding) if margin else x
    height, width = x.shape[2:]
    for row, column in np.ndindex(window.kernel_size, window.kernel_size):
        top, left = row * dilation, column * dilation
        yield (row, column), padded[:, :, top : top + height : stride, left : left + width : stride]


def _grouped_product(kernel: Array, x: Map, groups: int) -> Map:
    """Return each group's product; the kernel has shape (output channels, input channels a group)."""
    if kernel.shape[1] == 1:
        return np.repeat(x, len(kernel) // groups, axis=0) * _per_channel(kernel[:, 0])
    matrices, maps = np.split(kernel, groups), np.split(x, groups)
    return np.concatenate([_product(matrix, part) for matrix, part in zip(matrices, maps, strict=True)])


def _product(matrix: Array, x: Map) -> Map:
    return (matrix @ x.reshape(len(x), -1)).reshape(-1, *x.shape[1:])


def _per_channel(values: Array) -> Map:
    return values[:, np.newaxis, np.newaxis, np.newaxis]
