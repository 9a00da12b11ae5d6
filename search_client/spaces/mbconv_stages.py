"""Stages of searched MBConv blocks, which the ProxylessNAS spaces are made of.

Source: ProxylessNAS, arXiv:1812.00332, section 4.2; width rounding from MobileNetV2's released code.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple, TypedDict

from latency_service.contract.errors import InvalidInput
from latency_service.contract.ops import MBConv, OpSpec, Shape, Zero
from search_client.spaces.space import Block

KERNEL_SIZES = (3, 5, 7)
EXPAND_RATIOS = (3, 6)
CHANNEL_DIVISOR = 8


class Stage(NamedTuple):
    """Blocks of equal width; the first one alone has the stride."""

    out_channels: int
    num_blocks: int
    stride: int


class InputFields(TypedDict):
    """The fields by which an OpSpec says what it takes."""

    input_height: int
    input_width: int
    in_channels: int


def takes(shape: Shape) -> InputFields:
    """Return the fields of an OpSpec that takes this shape."""
    return {"input_height": shape.height, "input_width": shape.width, "in_channels": shape.channels}


def scaled_width(channels: int, width_mult: float) -> int:
    """Return channels times width_mult, rounded to a multiple of 8 that loses no more than a tenth.

    Raises:
        InvalidInput: The product is not positive and finite.
    """
    wanted = channels * width_mult
    if not (wanted > 0 and math.isfinite(wanted)):
        raise InvalidInput(f"{channels} channels times width_mult {width_mult} is no width: both must be positive")
    rounded = max(CHANNEL_DIVISOR, int(wanted + CHANNEL_DIVISOR / 2) // CHANNEL_DIVISOR * CHANNEL_DIVISOR)
    return rounded if rounded >= 0.9 * wanted else rounded + CHANNEL_DIVISOR


def mbconv(shape: Shape, out_channels: int, kernel_size: int, stride: int, expand_ratio: int) -> MBConv:
    """Return the MBConv on this input, with a skip wherever one is possible."""
    return MBConv(
        **takes(shape),
        out_channels=out_channels,
        kernel_size=kernel_size,
        stride=stride,
        expand_ratio=expand_ratio,
        has_skip=_keeps_shape(shape, out_channels, stride),
    )


def searched_blocks(input_shape: Shape, stages: Iterable[Stage]) -> tuple[Block, ...]:
    """Return the blocks of some stages behind each other: MBConv {3,5,7} x {3,6}, and Zero where the shape is kept."""
    blocks: list[Block] = []
    shape = input_shape
    for stage in stages:
        for index in range(stage.num_blocks):
            blocks.append(_searched_block(shape, stage.out_channels, stage.stride if index == 0 else 1))
            shape = blocks[-1].output_shape
    return tuple(blocks)


def _searched_block(shape: Shape, out_channels: int, stride: int) -> Block:
    candidates: list[OpSpec] = [
        mbconv(shape, out_channels, kernel_size, stride, expand_ratio)
        for kernel_size in KERNEL_SIZES
        for expand_ratio in EXPAND_RATIOS
    ]
    if _keeps_shape(shape, out_channels, stride):
        candidates.append(Zero(**takes(shape)))
    return Block(tuple(candidates))


def _keeps_shape(shape: Shape, out_channels: int, stride: int) -> bool:
    return stride == 1 and shape.channels == out_channels
