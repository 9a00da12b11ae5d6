"""Ops of a simulated device: what they truly take is known."""

import random
from collections.abc import Sequence
from itertools import product

from latency_service.contract.ops import MBConv, OpSpec

#: Of a millisecond: of an op whatever it is, of a multiply-accumulate, and of a depthwise one.
_CONSTANT_MS, _MAC_MS, _DEPTHWISE_MAC_MS = 0.02, 1e-8, 5e-8


def block(size: int, channels: int, kernel_size: int, expand_ratio: int) -> MBConv:
    """Return a block that keeps its input's size."""
    return MBConv(
        input_height=size,
        input_width=size,
        in_channels=channels,
        out_channels=channels,
        kernel_size=kernel_size,
        stride=1,
        expand_ratio=expand_ratio,
        has_skip=True,
    )


def blocks(sizes: Sequence[int] = (7, 14, 28), channels: Sequence[int] = (16, 24, 40)) -> list[MBConv]:
    """Return a block of every size, width, kernel size and expand ratio: 54 by default."""
    return [block(*shape) for shape in product(sizes, channels, (3, 5, 7), (3, 6))]


def true_ms(op: OpSpec) -> float:
    """Return what a block takes on the simulated device."""
    assert isinstance(op, MBConv)
    depthwise = op.kernel_size**2 * op.hidden_channels * op.output_height * op.output_width
    return _CONSTANT_MS + _MAC_MS * (op.macs - depthwise) + _DEPTHWISE_MAC_MS * depthwise


def timed_ms(ops: Sequence[OpSpec], seed: int, noise: float = 0.03) -> list[float]:
    """Return what a stopwatch says, which scatters by a share of each latency."""
    drawn = random.Random(seed)
    return [true_ms(op) * (1 + drawn.gauss(0, noise)) for op in ops]
