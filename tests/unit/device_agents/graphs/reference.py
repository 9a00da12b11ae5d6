"""What every op computes, written a second time: numpy in float64, from the OpSpec's own fields and not from layers."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from device_agents.graphs.weights import LayerWeights, Weights
from latency_service.contract.network import NetworkSpec, Workload
from latency_service.contract.ops import (
    Activation,
    AvgPool,
    Classifier,
    ConvBnAct,
    MaxPool,
    MBConv,
    OpSpec,
    SepConv,
    Skippable,
    Zero,
)

Maps = NDArray[np.float64]  # (N, C, H, W)


def reference_output(workload: Workload, weights: Weights, images: NDArray[np.float32]) -> Maps:
    """Return what the workload gives for images (N, C, H, W)."""
    x: Maps = images.astype(np.float64)
    layers = iter(weights.values())
    for op in workload.ops if isinstance(workload, NetworkSpec) else (workload,):
        x = _apply(op, layers, x)
    return x


def _apply(op: OpSpec, layers: Iterator[LayerWeights], x: Maps) -> Maps:
    y = _body(op, layers, x)
    return x + y if isinstance(op, Skippable) and op.has_skip else y


def _body(op: OpSpec, layers: Iterator[LayerWeights], x: Maps) -> Maps:
    match op:
        case ConvBnAct():
            return activate(convolve(x, next(layers), op.stride, groups=op.groups), op.activation)
        case MBConv():
            return _mbconv(op, layers, x)
        case SepConv():
            depthwise = convolve(x, next(layers), op.stride, op.dilation, groups=op.in_channels)
            return activate(convolve(activate(depthwise, op.activation), next(layers)), op.activation)
        case AvgPool():
            return pool(x, op.kernel_size, op.stride, np.mean)
        case MaxPool():
            return pool(x, op.kernel_size, op.stride, np.max)
        case Classifier():
            layer = next(layers)
            logits: Maps = x.mean(axis=(2, 3)) @ layer.kernel.T + layer.bias
            return logits[:, :, np.newaxis, np.newaxis]
        case Zero():
            return np.zeros_like(x)
        case _:
            return x


def _mbconv(op: MBConv, layers: Iterator[LayerWeights], x: Maps) -> Maps:
    hidden = activate(convolve(x, next(layers)), op.activation) if op.expand_ratio > 1 else x
    hidden = activate(convolve(hidden, next(layers), op.stride, groups=op.hidden_channels), op.activation)
    return convolve(hidden, next(layers))


def convolve(x: Maps, layer: LayerWeights, stride: int = 1, dilation: int = 1, groups: int = 1) -> Maps:
    """Return the convolution with `(kernel_size - 1) / 2 * dilation` zeros on every side."""
    batch, channels, height, width = x.shape
    size = layer.kernel.shape[-1]
    margin = dilation * (size - 1) // 2
    rows, columns = (height - 1) // stride + 1, (width - 1) // stride + 1
    padded = np.pad(x, ((0, 0), (0, 0), (margin, margin), (margin, margin)))
    grouped = padded.reshape(batch, groups, channels // groups, *padded.shape[2:])
    kernel = layer.kernel.astype(np.float64).reshape(groups, -1, channels // groups, size, size)
    total = np.zeros((batch, groups, kernel.shape[1], rows, columns))
    for i in range(size):
        for j in range(size):
            top, left = i * dilation, j * dilation
            seen = grouped[..., top : top + rows * stride : stride, left : left + columns * stride : stride]
            total += np.einsum("ngihw,goi->ngohw", seen[..., :rows, :columns], kernel[..., i, j], optimize=True)
    return total.reshape(batch, -1, rows, columns) + layer.bias[:, np.newaxis, np.newaxis]


def pool(x: Maps, size: int, stride: int, reduce: Callable[..., Maps]) -> Maps:
    """Return the reduction over those pixels of each window that are no padding."""
    _, _, height, width = x.shape

    def inside(center: int, limit: int) -> slice:
        return slice(max(0, center - size // 2), min(limit, center + size // 2 + 1))

    rows = [
        np.stack(
            [
                reduce(x[:, :, inside(row, height), inside(column, width)], axis=(2, 3))
                for column in range(0, width, stride)
            ],
            axis=-1,
        )
        for row in range(0, height, stride)
    ]
    return np.stack(rows, axis=2)


def activate(x: Maps, activation: Activation) -> Maps:
    """Return the activation, hard_swish as `x * relu6(x + 3) / 6` (MobileNetV3, arXiv:1905.02244, section 5.2)."""
    match activation:
        case "relu":
            return np.maximum(x, 0)
        case "relu6":
            return np.clip(x, 0, 6)
        case "hard_swish":
            return x * np.clip(x + 3, 0, 6) / 6
        case "none":
            return x
