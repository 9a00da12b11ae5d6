"""Features: an op as numbers, from its OpSpec alone; of the device they know nothing.

Sizes are logarithms, so that a step means a factor. An op without an attribute has that attribute's neutral value:
kernel size, stride, dilation, groups and expand ratio are 1, and a hidden feature map is as wide as the output.
"""

import math
from collections.abc import Sequence
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from latency_service.contract.ops import OP_CLASSES, Activation, OpSpec
from latency_service.modelling.work import Layer, layers_of

Matrix = NDArray[np.float64]

#: Of float32. Another precision scales every op's bytes alike, which moves logarithms by a constant.
BYTES_A_VALUE = 4

_KINDS = tuple(f"is_{kind}" for kind in OP_CLASSES)
_ACTIVATIONS = tuple(f"has_{activation}" for activation in get_args(Activation))
#: What an op is.
SHAPE_FEATURES = (
    "log_pixels",
    "log_in_channels",
    "log_out_channels",
    "log_hidden_channels",
    "log_kernel_size",
    "log_stride",
    "log_expand_ratio",
    "log_dilation",
    "log_groups",
    "has_skip",
    *_KINDS,
    *_ACTIVATIONS,
)
#: What an op does; `log_intensity` is of MACs a byte.
WORK_FEATURES = ("log_macs", "log_weight_bytes", "log_moved_bytes", "log_intensity")
FEATURES = SHAPE_FEATURES + WORK_FEATURES

#: What an op costs, if layers cost what they do: each column's unit takes a device some time, whatever the op. A
#: depthwise window may cost more than the cheapest of them does, as fast kernels are written for some windows only.
COSTS = (
    "ops",
    "dense_macs",
    "pointwise_macs",
    "linear_macs",
    "depthwise_macs",
    "depthwise_macs_window_3",
    "depthwise_macs_window_5",
    "depthwise_macs_window_7",
    "weight_bytes",
    "moved_bytes",
    "depthwise_moved_bytes",
    "pool_moved_bytes",
    "elementwise_moved_bytes",
)
#: Of COSTS: what is paid on top of another of them.
SURCHARGES = tuple(index for index, name in enumerate(COSTS) if name.startswith("depthwise_macs_window"))
_MACS_OF = ("dense", "pointwise", "linear")
_MOVED_OF = ("depthwise", "pool", "elementwise")


def feature_matrix(ops: Sequence[OpSpec], names: Sequence[str] = FEATURES) -> Matrix:
    """Return the named features, shape (ops, names)."""
    rows = [features(op) for op in ops]
    return np.array([[row[name] for name in names] for row in rows], dtype=np.float64).reshape(len(ops), len(names))


def cost_matrix(ops: Sequence[OpSpec]) -> Matrix:
    """Return how much of each of COSTS the ops hold, shape (ops, COSTS)."""
    return np.array([_costs(layers_of(op)) for op in ops], dtype=np.float64).reshape(len(ops), len(COSTS))


def features(op: OpSpec) -> dict[str, float]:
    """Return an op's features by their names."""
    return _shape(op) | _work(layers_of(op))


def family(op: OpSpec) -> str:
    """Return what of an op no other op tells anything about: its kind, and its activation where it has one."""
    activation = getattr(op, "activation", None)
    return op.kind if activation is None else f"{op.kind} with {activation}"


def _shape(op: OpSpec) -> dict[str, float]:
    height, width, out_channels = op.output_shape
    if op.kind == "classifier":  # what it pools is what its resolution is
        height, width = op.input_height, op.input_width
    sizes = {
        "pixels": height * width,
        "in_channels": op.in_channels,
        "out_channels": out_channels,
        "hidden_channels": getattr(op, "hidden_channels", out_channels),
        **{name: getattr(op, name, 1) for name in ("kernel_size", "stride", "expand_ratio", "dilation", "groups")},
    }
    flags = {f"is_{op.kind}", f"has_{getattr(op, 'activation', None)}"}
    return {
        **{f"log_{name}": math.log(size) for name, size in sizes.items()},
        "has_skip": float(getattr(op, "has_skip", False)),
        **{name: float(name in flags) for name in (*_KINDS, *_ACTIVATIONS)},
    }


def _work(layers: Sequence[Layer]) -> dict[str, float]:
    macs = max(1, sum(layer.macs for layer in layers))
    weight_bytes = max(1, BYTES_A_VALUE * sum(layer.weights for layer in layers))
    moved_bytes = max(1, BYTES_A_VALUE * sum(layer.moved for layer in layers))
    return {
        "log_macs": math.log(macs),
        "log_weight_bytes": math.log(weight_bytes),
        "log_moved_bytes": math.log(moved_bytes),
        "log_intensity": math.log(macs / (weight_bytes + moved_bytes)),
    }


def _costs(layers: Sequence[Layer]) -> list[float]:
    macs = [sum(layer.macs for layer in layers if layer.kind == kind) for kind in _MACS_OF]
    depthwise = [
        sum(layer.macs for layer in layers if layer.kind == "depthwise" and low <= layer.window < high)
        for low, high in ((1, math.inf), (1, 4), (4, 6), (6, math.inf))
    ]
    moved = [sum(layer.moved for layer in layers if layer.kind == kind) for kind in _MOVED_OF]
    weights, all_moved = sum(layer.weights for layer in layers), sum(layer.moved for layer in layers)
    return [1.0, *macs, *depthwise, *(BYTES_A_VALUE * values for values in (weights, all_moved, *moved))]
