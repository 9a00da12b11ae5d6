"""A search of seconds over digits, in processes of its own: what the tests of kills, interrupts and ranks share."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from search_client.latency.expected import SupernetCost
from search_client.spaces.registry import make_space
from search_client.training.checkpoints import load_latest_checkpoint
from search_client.training.config import SearchConfig
from search_client.training.run_folder import RunFolder
from tests.unit.search_client.small_space import table_of
from tests.unit.search_client.training.small_run import board_target

START_S, STOP_S = 90.0, 60.0
COMMAND = (sys.executable, "-c", "from search_client.cli import app; app()")


def resume_command(folder: RunFolder) -> list[str]:
    """Return what goes on with a run, or starts one that has its folder already."""
    return [*COMMAND, "search", "--run", str(folder.path), "--resume", "--json"]


def start(folder: RunFolder) -> "subprocess.Popen[str]":
    """Start a process that does so; whoever asks for it must end it."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # threads that wait for each other's cores are slow
    pipe = subprocess.PIPE
    return subprocess.Popen(resume_command(folder), stdout=pipe, stderr=pipe, text=True, env=environment)


def finish(folder: RunFolder) -> None:
    """Let such a process come to its end."""
    child = start(folder)
    try:
        _, stderr = child.communicate(timeout=START_S)
    finally:
        child.kill()
    assert child.returncode == 0, stderr


def digit_search(path: Path, **changes: Any) -> RunFolder:
    """Make the folder of a search of 8 steps an epoch: one of warm-up, two of search."""
    space = make_space("proxyless-cifar", width_mult=0.1)
    table = table_of(space)
    least, most = SupernetCost(space, table).range
    values: dict[str, Any] = {
        "space": space.name,
        "space_params": dict(space.params),
        "targets": (board_target(0.5 * (least + most)),),
        "data_set": "digits",
        "image_limit": 160,
        "batch_size": 16,
        "warmup_epochs": 1,
        "search_epochs": 2,
        "weight_steps_per_arch_step": 2,
        "settle_steps": 0,
        "fine_tune_epochs": 1,
    }
    return RunFolder.create(path, SearchConfig.checked(**(values | changes)), [table.snapshot])


def last_tensors(folder: RunFolder) -> dict[str, torch.Tensor]:
    """Return the supernet of the newest checkpoint: weights, batch statistics and alphas."""
    state = load_latest_checkpoint(folder.checkpoints)
    assert state is not None
    tensors: dict[str, torch.Tensor] = state["supernet"]
    return tensors


def stored_step(folder: RunFolder) -> int:
    """Return the step of the newest checkpoint without reading it: the child removes old ones at the same time."""
    return max((int(path.name) for path in folder.checkpoints.glob("*") if path.name.isdigit()), default=0)


def wait_for(condition: Callable[[], bool], child: "subprocess.Popen[str]") -> None:
    """Return once the condition holds, while the child runs."""
    deadline = time.monotonic() + START_S
    while not condition():
        assert child.poll() is None, child.stderr and child.stderr.read()
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)
