"""The torch modules of the ops, built from their OpSpecs.

Every convolution is followed by a batch normalisation (momentum 0.1, eps 1e-3, as ProxylessNAS released it); a module
has as many trainable parameters as its `OpSpec.parameters` says.
"""

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from latency_service.contract.ops import (
    Activation,
    AvgPool,
    Classifier,
    ConvBnAct,
    Identity,
    MaxPool,
    MBConv,
    OpKind,
    OpSpec,
    SepConv,
    Skippable,
    Zero,
)

BN_MOMENTUM, BN_EPS = 0.1, 1e-3

_ACTIVATIONS: dict[Activation, Callable[[], nn.Module] | None] = {
    "relu6": nn.ReLU6,
    "relu": nn.ReLU,
    "hard_swish": nn.Hardswish,
    "none": None,
}


class SkippableModule(nn.Module):
    """Some layers, and the skip around them. (N, in, H, W) -> (N, out, ceil(H / stride), ceil(W / stride)).

    Attributes:
        layers: The branch that a skip goes around.
        has_skip: Whether the input is added to the branch's output.
    """

    def __init__(self, op: Skippable, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.has_skip = op.has_skip

    def forward(self, x: Tensor) -> Tensor:
        """Run on x, shape (N, in_channels, H, W)."""
        y: Tensor = self.layers(x)
        return x + y if self.has_skip else y


def build_op(op: OpSpec) -> nn.Module:
    """Return the module that computes an op on (N, C, H, W).

    Zero hands its input on: it stands where a block is dropped and the skip alone remains. Weights hold torch's
    defaults until `initialise` is called.
    """
    return _BUILDERS[op.kind](op)


def _conv_bn_act(
    in_channels: int,
    out_channels: int,
    kernel_size: int,
    activation: Activation,
    stride: int = 1,
    dilation: int = 1,
    groups: int = 1,
) -> nn.Sequential:
    padding = (kernel_size - 1) // 2 * dilation
    convolution = nn.Conv2d(
        in_channels, out_channels, kernel_size, stride, padding, dilation=dilation, groups=groups, bias=False
    )
    layers = [convolution, nn.BatchNorm2d(out_channels, eps=BN_EPS, momentum=BN_MOMENTUM)]
    make_activation = _ACTIVATIONS[activation]
    return nn.Sequential(*layers, *([make_activation()] if make_activation else []))


def _build_conv_bn_act(op: ConvBnAct) -> nn.Module:
    return _conv_bn_act(op.in_channels, op.out_channels, op.kernel_size, op.activation, op.stride, groups=op.groups)


def _build_mbconv(op: MBConv) -> nn.Module:
    hidden = op.hidden_channels
    expansion = [_conv_bn_act(op.in_channels, hidden, 1, op.activation)] if op.expand_ratio > 1 else []
    return SkippableModule(
        op,
        *expansion,
        _conv_bn_act(hidden, hidden, op.kernel_size, op.activation, op.stride, groups=hidden),
        _conv_bn_act(hidden, op.out_channels, 1, "none"),
    )


def _build_sep_conv(op: SepConv) -> nn.Module:
    channels = op.in_channels
    return SkippableModule(
        op,
        _conv_bn_act(channels, channels, op.kernel_size, op.activation, op.stride, op.dilation, groups=channels),
        _conv_bn_act(channels, op.out_channels, 1, op.activation),
    )


def _build_avg_pool(op: AvgPool) -> nn.Module:
    pool = nn.AvgPool2d(op.kernel_size, op.stride, (op.kernel_size - 1) // 2, count_include_pad=False)
    return SkippableModule(op, pool)


def _build_max_pool(op: MaxPool) -> nn.Module:
    return SkippableModule(op, nn.MaxPool2d(op.kernel_size, op.stride, (op.kernel_size - 1) // 2))


def _build_identity(op: Identity | Zero) -> nn.Module:
    return nn.Identity()


def _build_classifier(op: Classifier) -> nn.Module:
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(op.in_channels, op.num_classes))


_BUILDERS: Mapping[OpKind, Callable[[Any], nn.Module]] = {
    "conv_bn_act": _build_conv_bn_act,
    "mbconv": _build_mbconv,
    "sep_conv": _build_sep_conv,
    "avg_pool": _build_avg_pool,
    "max_pool": _build_max_pool,
    "identity": _build_identity,
    "zero": _build_identity,
    "classifier": _build_classifier,
}
