"""Torch: a graph as a module of plain layers, batch normalisation folded; images and logits as (N, C, H, W).

The one module of graphs/ that imports torch: only the torch runtime imports it, when it is asked to load.
"""

from typing import assert_never

import torch
from torch import Tensor, nn

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
    ZeroLayer,
)
from device_agents.graphs.weights import LayerWeights, Weights
from latency_service.contract.ops import Activation


def torch_module(graph: Graph, weights: Weights) -> nn.Module:
    """Return the graph's module, in evaluation mode and without gradients."""
    sources: list[FeatureMap] = []
    modules: list[nn.Module] = []
    for layer in graph.layers:
        if isinstance(layer, AddLayer):
            start = sources.index(layer.skip)
            modules[start:] = [_Residual(nn.Sequential(*modules[start:]))]
            del sources[start + 1 :]
        else:
            sources.append(layer.source)
            modules.append(_module(layer, weights))
    return nn.Sequential(*modules).eval().requires_grad_(False)


class _Residual(nn.Module):
    def __init__(self, body: nn.Sequential) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        carried: Tensor = self.body(x)
        return x + carried


class _Zero(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 0.0


def _module(layer: Layer, weights: Weights) -> nn.Module:
    match layer:
        case ConvLayer():
            return _conv(layer, weights[layer.target.name])
        case PoolLayer():
            return _pool(layer)
        case GlobalPoolLayer():
            return nn.AdaptiveAvgPool2d(1)
        case LinearLayer():
            return _linear(layer, weights[layer.target.name])
        case CopyLayer():
            return nn.Identity()
        case ZeroLayer():
            return _Zero()
        case AddLayer():
            raise AssertionError("an addition encloses the modules before it")
        case _:
            assert_never(layer)


def _conv(layer: ConvLayer, held: LayerWeights) -> nn.Module:
    window = layer.window
    conv = nn.Conv2d(
        layer.source.shape.channels,
        layer.target.shape.channels,
        window.kernel_size,
        window.stride,
        window.padding,
        window.dilation,
        layer.groups,
        device="meta",
    )
    return _activated(_filled(conv, held), layer.activation)


def _activated(module: nn.Module, activation: Activation) -> nn.Module:
    match activation:
        case "relu":
            return nn.Sequential(module, nn.ReLU(inplace=True))
        case "relu6":
            return nn.Sequential(module, nn.ReLU6(inplace=True))
        case "hard_swish":
            return nn.Sequential(module, nn.Hardswish(inplace=True))
        case "none":
            return module
        case _:
            assert_never(activation)


def _pool(layer: PoolLayer) -> nn.Module:
    window = layer.window
    match layer.kind:
        case "avg":
            return nn.AvgPool2d(window.kernel_size, window.stride, window.padding, count_include_pad=False)
        case "max":
            return nn.MaxPool2d(window.kernel_size, window.stride, window.padding)
        case _:
            assert_never(layer.kind)


def _linear(layer: LinearLayer, held: LayerWeights) -> nn.Module:
    num_classes, in_channels = layer.kernel_shape
    linear = _filled(nn.Linear(in_channels, num_classes, device="meta"), held)
    return nn.Sequential(nn.Flatten(), linear, nn.Unflatten(1, (num_classes, 1, 1)))


def _filled(module: nn.Module, held: LayerWeights) -> nn.Module:
    """Return a module from the meta device, where it was not initialised for nothing, with its weights."""
    module.to_empty(device="cpu")
    module.load_state_dict({"weight": torch.from_numpy(held.kernel), "bias": torch.from_numpy(held.bias)})
    return module
