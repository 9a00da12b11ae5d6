"""Activation memory: what steps of the supernet hold, against a step of the plain network, by candidates a block.

The active op of every block is the same, whatever stands beside it, so that a step's memory can only grow with the
candidates that do not run. On the CPU it is what is saved for the backward pass: the distinct storages, without weights
and buffers. On a GPU it is the peak of what is allocated, above what stood there before the step; the plain network's
gradients are in both.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from benchmarks.step_rig import PLAIN, STEP_NAMES, StepRig, arch_step_name, devices
from latency_service.contract.ops import MBConv
from search_client.spaces.registry import make_space
from search_client.spaces.space import Block, SearchSpace

FLATNESS = 0.05

#: The first is active in every step, the second is its partner.
_KINDS = [
    {"kernel_size": kernel_size, "expand_ratio": expand_ratio}
    for expand_ratio, kernel_size in product((6, 4, 3, 2), (5, 3, 7))
]

#: By step, by candidates a block.
Bytes = Mapping[str, Mapping[int, int]]


@dataclass(frozen=True)
class Held:
    """What the steps hold on one device."""

    device: str
    held_bytes: Bytes

    def growth(self, name: str) -> float:
        """Return by what share a step holds more with the one number of candidates than with another, at most."""
        held = self.held_bytes[name].values()
        return max(held) / min(held) - 1


def run(counts: tuple[int, ...], batch_size: int, json_file: Path | None, console: Console) -> bool:
    """Print the table of each device, and say whether the two-path step is flat.

    Args:
        counts: Candidates a block, each from 2 to 12.
        batch_size: Images a step.
        json_file: Gets the bytes, too.
        console: Gets the tables.
    """
    found = [Held(device, _held_bytes(counts, batch_size, device)) for device in devices()]
    for held in found:
        console.print(_table(held, counts, batch_size))
    if json_file is not None:
        json_file.write_text(json.dumps({held.device: held.held_bytes for held in found}, indent=2))
    return all(held.growth(arch_step_name("two-path")) <= FLATNESS for held in found)


def space_of(candidates: int) -> SearchSpace:
    """Return `proxyless-cifar` with so many MBConvs in every block, the first ones always the same."""
    space = make_space("proxyless-cifar")
    blocks = [
        Block(tuple(block.candidates[0].model_copy(update=kind) for kind in _KINDS[:candidates]))
        for block in space.blocks
        if isinstance(block.candidates[0], MBConv)
    ]
    return replace(space, blocks=tuple(blocks))


def _held_bytes(counts: tuple[int, ...], batch_size: int, device: str) -> Bytes:
    held: dict[str, dict[int, int]] = {name: {} for name in STEP_NAMES}
    measure = _allocated_bytes if device == "cuda" else saved_bytes
    for count in counts:
        space = space_of(count)
        first, second = [0] * len(space.blocks), [1] * len(space.blocks)
        for name in STEP_NAMES:
            step = StepRig(space, first, second, batch_size, device).steps[name]
            step()  # makes momenta
            held[name][count] = measure(step)
    return held


def saved_bytes(step: Callable[[], object]) -> int:
    """Return the bytes of all distinct storages that a step on the CPU saves for its backward pass, but for weights."""
    storages: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        if not isinstance(tensor, nn.Parameter):
            storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, _unchanged):
        step()
    return sum(storages.values())


def _unchanged(saved: Any) -> Any:
    return saved


def _allocated_bytes(step: Callable[[], object]) -> int:
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    step()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before


def _table(held: Held, counts: tuple[int, ...], batch_size: int) -> Table:
    table = Table("step", *map(str, counts), "growth", "against the plain network")
    table.title = f"MB held on {held.device} by candidates a block, batch {batch_size}"
    for name, of_step in held.held_bytes.items():
        share = of_step[counts[-1]] / held.held_bytes[PLAIN][counts[-1]]
        megabytes = [f"{of_step[count] / 1e6:.2f}" for count in counts]
        table.add_row(name, *megabytes, f"{held.growth(name):.1%}", f"{share:.2f}")
    return table
