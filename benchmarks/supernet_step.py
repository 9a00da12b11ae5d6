"""Supernet step: weight and architecture steps of the supernet against a step of the plain derived network.

All on the same path, batch and process, interleaved, and the fastest of a few, so that only their ratios count. Paths
are drawn anew each time, and partners for the two-path step: its inactive ops weigh, in the mean, what the active do.
"""

import json
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.step_rig import PLAIN, STEP_NAMES, StepRig, devices
from search_client.spaces.registry import make_space
from search_client.spaces.space import SearchSpace

ROUNDS = 3

Seconds = Mapping[str, list[float]]


def run(space_name: str, batch_size: int, repeats: int, json_file: Path | None, console: Console) -> None:
    """Print, for each device, the medians and their ratios to the plain network's step.

    Args:
        space_name: What is searched.
        batch_size: Images a step.
        repeats: Paths that are drawn.
        json_file: Gets the seconds, too.
        console: Gets the tables.
    """
    space = make_space(space_name)
    seconds = {device: _timed(space, batch_size, repeats, device, console) for device in devices()}
    for device, of_device in seconds.items():
        console.print(_table(f"{space_name} on {device}, batch {batch_size}, {repeats} paths", of_device))
    if json_file is not None:
        json_file.write_text(json.dumps({"space": space_name, "batch_size": batch_size, "seconds": seconds}, indent=2))


def _timed(space: SearchSpace, batch_size: int, repeats: int, device: str, console: Console) -> Seconds:
    generator = torch.Generator().manual_seed(0)
    seconds: Seconds = {name: [] for name in STEP_NAMES}
    for _ in track(range(repeats), description=f"stepping on {device}", console=console):
        pairs = [torch.randperm(len(block.candidates), generator=generator)[:2].tolist() for block in space.blocks]
        path, partners = ([pair[place] for pair in pairs] for place in (0, 1))
        rig = StepRig(space, path, partners, batch_size, device)
        rounds = [{name: _seconds_of(step, device) for name, step in rig.steps.items()} for _ in range(1 + ROUNDS)]
        for name in STEP_NAMES:
            seconds[name].append(min(each[name] for each in rounds[1:]))  # the first one makes momenta
    return seconds


def _seconds_of(step: Callable[[], object], device: str) -> float:
    _synchronise(device)
    started = time.perf_counter()
    step()
    _synchronise(device)
    return time.perf_counter() - started


def _table(title: str, seconds: Seconds) -> Table:
    table = Table("step", "median, ms", "against the plain network", "middle half", title=title)
    for name, of_step in seconds.items():
        ratios = [one / plain for one, plain in zip(of_step, seconds[PLAIN], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
        table.add_row(name, f"{1e3 * statistics.median(of_step):.1f}", f"{middle:.2f}", f"{low:.2f} to {high:.2f}")
    return table


def _synchronise(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()
