"""Simulated devices: what ops take alone and in a network is known, and every session has its drift and noise."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from latency_service.contract.keys import format_key
from latency_service.contract.messages import Correction
from latency_service.contract.ops import Classifier, ConvBnAct, MBConv, OpSpec
from latency_service.services.correction.anchors import Anchor
from latency_service.services.correction.classes import classes_of

OpCounts = Mapping[str, int]
Device = Callable[[OpCounts], float]

_STAGES = ((32, 24, 4), (16, 40, 4), (8, 80, 4), (8, 96, 4), (4, 160, 4))


def _block(size: int, channels: int, kernel_size: int, expand_ratio: int) -> MBConv:
    shape = {"input_height": size, "input_width": size, "in_channels": channels, "out_channels": channels}
    return MBConv(**shape, kernel_size=kernel_size, expand_ratio=expand_ratio, has_skip=True)


def _narrowing(size: int, channels: int, out_channels: int) -> MBConv:
    shape = {"input_height": 2 * size, "input_width": 2 * size, "in_channels": channels, "out_channels": out_channels}
    return MBConv(**shape, kernel_size=3, stride=2, expand_ratio=6, has_skip=False)


#: Of each stage, and of how many blocks one of them is chosen, or none.
CHOICES = tuple(
    (tuple(_block(size, channels, kernel, ratio) for kernel in (3, 5, 7) for ratio in (3, 6)), blocks)
    for size, channels, blocks in _STAGES
)
FIXED: tuple[OpSpec, ...] = (
    ConvBnAct(input_height=64, input_width=64, in_channels=3, out_channels=16, kernel_size=3),
    *(_narrowing(size, channels // 2, channels) for size, channels, _ in _STAGES),
    Classifier(input_height=4, input_width=4, in_channels=160, num_classes=1000),
)
OPS = (*FIXED, *(op for candidates, _ in CHOICES for op in candidates))
KEYS = tuple(str(format_key(op)) for op in OPS)
ALONE_MS = dict(zip(KEYS, (0.05 + op.macs / 2e7 for op in OPS), strict=True))


def random_network(rng: np.random.Generator) -> OpCounts:
    """Return the ops of a random network; each block is dropped in one of seven."""
    chosen: list[OpSpec] = list(FIXED)
    for candidates, blocks in CHOICES:
        picked = rng.integers(len(candidates) + 1, size=blocks)
        chosen += [candidates[index] for index in picked if index < len(candidates)]
    return Counter(str(format_key(op)) for op in chosen)


def random_networks(rng: np.random.Generator, count: int) -> list[OpCounts]:
    """Return random networks."""
    return [random_network(rng) for _ in range(count)]


@dataclass(frozen=True)
class Session:
    """What one session measures: the truth times the machine's speed, but for noise. All are shares."""

    device: Device
    drift: float = 0.06
    noise: float = 0.007

    def anchors(self, networks: Sequence[OpCounts], rng: np.random.Generator) -> list[Anchor]:
        """Return networks as they were measured in two sessions."""
        newest, earlier = (self._measured(networks, rng) for _ in range(2))
        numbered = zip(networks, newest, earlier, strict=True)
        return [Anchor(f"network-{number:03}", *each) for number, each in enumerate(numbered)]

    def _measured(self, networks: Sequence[OpCounts], rng: np.random.Generator) -> list[float]:
        speed = np.exp(self.drift * rng.normal())
        return [float(speed * self.device(ops) * np.exp(self.noise * rng.normal())) for ops in networks]


def additive(rng: np.random.Generator, class_spread: float = 0.15, op_spread: float = 0.05) -> Device:
    """Return a device that takes for a network what its ops take there, by class and op other than alone."""
    of_class: dict[str, float] = {}
    in_network: dict[str, float] = {}
    for key in KEYS:
        factors = [of_class.setdefault(name, np.exp(class_spread * rng.normal())) for name in classes_of(key)]
        in_network[key] = ALONE_MS[key] * float(np.prod(factors) * np.exp(op_spread * rng.normal()))
    return lambda ops: sum(in_network[key] * count for key, count in ops.items())


def starting_with(intercept_ms: float, device: Device) -> Device:
    """Return a device that takes so much longer for every network."""
    return lambda ops: intercept_ms + device(ops)


def launch_bound(ops: OpCounts) -> float:
    """Return what a network takes where the device waits for launches, and hardly works."""
    work = sum(ALONE_MS[key] * count for key, count in ops.items())
    return 2.0 + 0.5 * sum(ops.values()) + 0.02 * work


def interacting(rng: np.random.Generator) -> Device:
    """Return a device on which each two ops of a network hinder, or help, each other."""
    between = rng.normal(size=(len(KEYS), len(KEYS)))
    number = {key: index for index, key in enumerate(KEYS)}

    def latency_ms(ops: OpCounts) -> float:
        work = sum(ALONE_MS[key] * count for key, count in ops.items())
        picked = [number[key] for key in ops]
        return work * float(np.exp(0.02 * between[np.ix_(picked, picked)].sum()))

    return latency_ms


def measured_alone(rng: np.random.Generator, noise: float = 0.016) -> dict[str, float]:
    """Return a table's entries."""
    return {key: latency * float(np.exp(noise * rng.normal())) for key, latency in ALONE_MS.items()}


def predicted_ms(correction: Correction, entries_ms: Mapping[str, float], ops: OpCounts) -> float:
    """Return a network's latency by the contract's formula."""
    factors: Mapping[str, float] = {str(key): factor for key, factor in correction.factors.items()}
    summed = sum(factors.get(key, correction.scale) * entries_ms[key] * count for key, count in ops.items())
    return correction.intercept_ms + summed


def relative_errors(correction: Correction, entries_ms: Mapping[str, float], anchors: Sequence[Anchor]) -> list[float]:
    """Return each network's prediction over its measurement, less 1."""
    return [predicted_ms(correction, entries_ms, each.op_counts) / each.latency_ms - 1 for each in anchors]
