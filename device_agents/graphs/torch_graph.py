"""Torch: a graph as a module of plain layers; images and logits as (N, C, H, W).

The one module of graphs/ that imports torch: only the torch runtime imports it, when it is asked to load.
"""

from typing import assert_never

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from device_agents.graphs.batch_norm import EPSILON, unfold
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
from device_agents.graphs.weights import Array, LayerWeights, Weights
from latency_service.contract.conditions import BatchNorm
from latency_service.contract.ops import Activation


def torch_module(graph: Graph, weights: Weights, batch_norm: BatchNorm = "folded") -> nn.Module:
    """Return the graph's module, in evaluation mode and without gradients.

    Args:
        graph: The layers.
        weights: Those of a graph whose normalisations are folded.
        batch_norm: `separate` gives every convolution a normalisation of its own behind it, with the same output.
    """
    sources: list[FeatureMap] = []
    modules: list[nn.Module] = []
    for layer in graph.layers:
        if isinstance(layer, AddLayer):
            start = sources.index(layer.skip)
            modules[start:] = [_Residual(nn.Sequential(*modules[start:]))]
            del sources[start + 1 :]
        else:
            sources.append(layer.source)
            modules.append(_module(layer, weights, batch_norm))
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


def _module(layer: Layer, weights: Weights, batch_norm: BatchNorm) -> nn.Module:
    match layer:
        case ConvLayer():
            return _conv(layer, weights[layer.target.name], batch_norm)
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


def _conv(layer: ConvLayer, held: LayerWeights, batch_norm: BatchNorm) -> nn.Module:
    match batch_norm:
        case "folded":
            parts = [_filled(_plain_conv(layer, bias=True), weight=held.kernel, bias=held.bias)]
        case "separate":
            parts = _conv_and_norm(layer, held)
        case _:
            assert_never(batch_norm)
    parts += _activation(layer.activation)
    return parts[0] if len(parts) == 1 else nn.Sequential(*parts)


def _conv_and_norm(layer: ConvLayer, held: LayerWeights) -> list[nn.Module]:
    parts = unfold(held)
    norm = _filled(
        nn.BatchNorm2d(len(parts.scale), eps=EPSILON, device="meta"),
        weight=parts.scale,
        bias=parts.shift,
        running_mean=parts.mean,
        running_var=parts.variance,
        num_batches_tracked=np.array(1),
    )
    return [_filled(_plain_conv(layer, bias=False), weight=parts.kernel), norm]


def _plain_conv(layer: ConvLayer, bias: bool) -> nn.Module:
    window = layer.window
    return nn.Conv2d(
        layer.source.shape.channels,
        layer.target.shape.channels,
        window.kernel_size,
        window.stride,
        window.padding,
        window.dilation,
        layer.groups,
        bias,
        device="meta",
    )


def _activation(activation: Activation) -> list[nn.Module]:
    match activation:
        case "relu":
            return [nn.ReLU(inplace=True)]
        case "relu6":
            return [nn.ReLU6(inplace=True)]
        case "hard_swish":
            return [nn.Hardswish(inplace=True)]
        case "none":
            return []
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
    linear = _filled(nn.Linear(in_channels, num_classes, device="meta"), weight=held.kernel, bias=held.bias)
    return nn.Sequential(nn.Flatten(), linear, nn.Unflatten(1, (num_classes, 1, 1)))


def _filled(module: nn.Module, **state: Array | NDArray[np.int64]) -> nn.Module:
    """Return a module from the meta device, where it was not initialised for nothing, with its state."""
    module.to_empty(device="cpu")
    module.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    return module
