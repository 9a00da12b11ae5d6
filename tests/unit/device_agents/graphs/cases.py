"""The ops that builders and runtimes are held to: every kind, over sizes, kernels and strides where padding differs."""

from collections.abc import Iterator
from itertools import product
from typing import get_args

from latency_service.contract.keys import parse_key
from latency_service.contract.ops import Activation, AvgPool, ConvBnAct, MaxPool, MBConv, OpSpec, SepConv

# Even, odd, not square both ways, and smaller than most kernels.
SIZES = ((8, 8), (7, 7), (8, 5), (5, 12), (2, 3), (1, 1))
KERNELS = (1, 3, 5, 7)
STRIDES = (1, 2)


def _windows() -> Iterator[dict[str, int]]:
    for (height, width), kernel_size, stride in product(SIZES, KERNELS, STRIDES):
        yield dict(input_height=height, input_width=width, kernel_size=kernel_size, stride=stride)


def _over_windows() -> Iterator[OpSpec]:
    for window in _windows():
        yield ConvBnAct(**window, in_channels=3, out_channels=8)
        yield MBConv(**window, in_channels=4, out_channels=6, expand_ratio=3, has_skip=False)
        yield AvgPool(**window, in_channels=4)
        yield MaxPool(**window, in_channels=4)


def _over_activations() -> Iterator[OpSpec]:
    size = dict(input_height=6, input_width=7, kernel_size=3)
    for activation, stride in product(get_args(Activation), STRIDES):
        common = dict(size, stride=stride)
        yield ConvBnAct(**common, in_channels=3, out_channels=8, activation=activation)
        yield SepConv(**common, in_channels=4, out_channels=8, activation=activation)
        yield MBConv(
            **common, in_channels=4, out_channels=4, expand_ratio=6, has_skip=stride == 1, activation=activation
        )


def _others() -> Iterator[OpSpec]:
    for key in (
        # no expansion, with the skip and without; both kinds of skip
        "v1-mbconv-7x7x8-out8-k5-s1-e1-skip1-relu6",
        "v1-mbconv-8x8x8-out4-k3-s2-e1-skip0-relu6",
        "v1-mbconv-5x4x8-out8-k7-s1-e3-skip1-relu6",
        "v1-mbconv-5x4x8-out8-k7-s1-e3-skip0-relu6",
        # dilation
        "v1-sep_conv-8x9x4-out6-k3-s1-d2-relu6",
        "v1-sep_conv-8x8x4-out6-k3-s2-d2-relu",
        "v1-sep_conv-13x13x4-out6-k5-s1-d3-relu",
        # skips around what has no expansion
        "v1-sep_conv-7x8x6-out6-k5-s1-d1-relu6-skip1",
        "v1-sep_conv-9x8x6-out6-k3-s1-d2-relu-skip1",
        "v1-avg_pool-7x8x4-k3-s1-skip1",
        "v1-max_pool-7x8x4-k3-s1-skip1",
        # groups: grouped, depthwise, depthwise with two outputs a channel, one channel alone
        "v1-conv_bn_act-8x8x8-out12-k3-s1-g4-relu6",
        "v1-conv_bn_act-8x8x8-out12-k3-s2-g2-hard_swish",
        "v1-conv_bn_act-8x8x8-out8-k3-s2-g8-relu",
        "v1-conv_bn_act-7x8x4-out8-k5-s1-g4-none",
        "v1-conv_bn_act-8x8x1-out4-k3-s2-g1-relu6",
        # strides beyond 2
        "v1-conv_bn_act-9x10x3-out4-k3-s3-g1-relu6",
        "v1-avg_pool-9x10x3-k5-s4",
        "v1-max_pool-9x10x3-k3-s5",
        "v1-identity-5x6x4",
        "v1-zero-5x6x4",
        "v1-classifier-7x7x32-out10",
        "v1-classifier-1x1x8-out1",
        "v1-classifier-4x6x8-out5",
    ):
        yield parse_key(key)


OPS: tuple[OpSpec, ...] = (*_over_windows(), *_over_activations(), *_others())
