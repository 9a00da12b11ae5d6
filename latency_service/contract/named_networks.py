"""The networks that ship with the package by name: the four that ProxylessNAS released, and MobileNetV2 1.0."""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from latency_service.contract.errors import UnknownName
from latency_service.contract.network import NetworkSpec
from latency_service.contract.ops import Classifier, ConvBnAct, MBConv, OpSpec

Block = tuple[int, int, int, int, bool]  # kernel_size, expand_ratio, out_channels, stride, has_skip

_MOBILENET_V2_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def network_names() -> tuple[str, ...]:
    """Return every known name."""
    return (*_published(), "mobilenet-v2")


def named_network(name: str, resolution: int = 224, num_classes: int = 1000) -> NetworkSpec:
    """Return a network by name, for square images of three channels.

    Raises:
        UnknownName: No network has that name; the message lists those there are.

    Source: mit-han-lab/proxylessnas (released networks); MobileNetV2, arXiv:1801.04381, table 2.
    """
    if name == "mobilenet-v2":
        return chain(32, _mobilenet_v2_blocks(), 1280, resolution, num_classes)
    if name not in _published():
        raise UnknownName(f"no network is called {name!r}; known are {', '.join(network_names())}")
    facts = _published()[name]
    return chain(facts["stem_channels"], facts["blocks"], facts["feature_mix_channels"], resolution, num_classes)


def chain(
    stem_channels: int, blocks: Sequence[Block], feature_mix_channels: int, resolution: int, num_classes: int
) -> NetworkSpec:
    """Return stem, MBConv blocks, feature mix and classifier behind each other."""
    size = dict(input_height=resolution, input_width=resolution)
    ops: list[OpSpec] = [ConvBnAct(**size, in_channels=3, out_channels=stem_channels, kernel_size=3, stride=2)]
    for kernel_size, expand_ratio, out_channels, stride, has_skip in blocks:
        height, width, in_channels = ops[-1].output_shape
        ops.append(
            MBConv(
                input_height=height,
                input_width=width,
                in_channels=in_channels,
                out_channels=out_channels,
                kernel_size=kernel_size,
                stride=stride,
                expand_ratio=expand_ratio,
                has_skip=has_skip,
            )
        )
    height, width, in_channels = ops[-1].output_shape
    size = dict(input_height=height, input_width=width)
    ops.append(ConvBnAct(**size, in_channels=in_channels, out_channels=feature_mix_channels, kernel_size=1))
    ops.append(Classifier(**size, in_channels=feature_mix_channels, num_classes=num_classes))
    return NetworkSpec(ops=tuple(ops))


@cache
def _published() -> dict[str, Any]:
    text = files("latency_service.contract").joinpath("published_networks.json").read_text()
    return {f"proxyless-{name.replace('_', '-')}": facts for name, facts in json.loads(text).items() if name != "about"}


def _mobilenet_v2_blocks() -> list[Block]:
    blocks: list[Block] = []
    in_channels = 32
    for expand_ratio, out_channels, repeats, first_stride in _MOBILENET_V2_STAGES:
        for repeat in range(repeats):
            stride = first_stride if repeat == 0 else 1
            blocks.append((3, expand_ratio, out_channels, stride, stride == 1 and in_channels == out_channels))
            in_channels = out_channels
    return blocks
