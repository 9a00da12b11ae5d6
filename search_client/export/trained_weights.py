"""Trained weights: a torch network's own, as the measured graphs hold them - batch normalisation folded."""

from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from device_agents.graphs.layers import ConvLayer, Graph
from device_agents.graphs.weights import Array, LayerWeights, Weights
from latency_service.contract.errors import InvalidInput

LayerType = TypeVar("LayerType", bound=nn.Module)


def trained_weights(graph: Graph, module: nn.Module) -> Weights:
    """Return the weights of a network's module for the layers of its graph.

    Args:
        graph: `lower(network)`.
        module: What `build_network(network, ...)` returned, trained.

    Raises:
        InvalidInput: The module is that of another network.
    """
    convolutions, norms = _layers(module, nn.Conv2d), _layers(module, nn.BatchNorm2d)
    linears = _layers(module, nn.Linear)
    expected = [isinstance(layer, ConvLayer) for layer in graph.weighted_layers]
    if (len(convolutions), len(norms), len(linears)) != (sum(expected), sum(expected), expected.count(False)):
        raise InvalidInput(
            f"the graph has {sum(expected)} convolutions and {expected.count(False)} linear layers, the module "
            f"{len(convolutions)} ({len(norms)} of them normalised) and {len(linears)}: it is another network's"
        )
    folded, plain = map(fold, convolutions, norms), map(_plain, linears)
    weights: dict[str, LayerWeights] = {}
    for layer in graph.weighted_layers:
        name = layer.target.name
        weights[name] = next(folded) if isinstance(layer, ConvLayer) else next(plain)
        if weights[name].kernel.shape != layer.kernel_shape:
            raise InvalidInput(
                f"the kernel of {name} has shape {weights[name].kernel.shape} in the module and {layer.kernel_shape} "
                "in the graph: they are of different networks"
            )
    return weights


@torch.no_grad()
def fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> LayerWeights:
    """Return the kernel and bias of one convolution that does what two layers do in evaluation mode.

    Kernel w * gamma / sqrt(variance + eps), bias beta - mean * gamma / sqrt(variance + eps), in float64.

    Source: Jacob et al., arXiv:1712.05877, section 3.2.
    """
    assert norm.running_mean is not None
    assert norm.running_var is not None
    factor = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    kernel = convolution.weight.double() * factor.view(-1, 1, 1, 1)
    return LayerWeights(_array(kernel), _array(norm.bias.double() - norm.running_mean.double() * factor))


def _plain(linear: nn.Linear) -> LayerWeights:
    return LayerWeights(_array(linear.weight.detach()), _array(linear.bias.detach()))


def _array(values: Tensor) -> Array:
    return np.ascontiguousarray(values.cpu().numpy(), dtype=np.float32)


def _layers(module: nn.Module, kind: type[LayerType]) -> list[LayerType]:
    return [layer for layer in module.modules() if isinstance(layer, kind)]
