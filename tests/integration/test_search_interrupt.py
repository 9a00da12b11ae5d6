"""Ctrl-C and SIGTERM in a real search process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from search_client.spaces.registry import make_space
from search_client.training.checkpoints import load_latest_checkpoint
from search_client.training.config import SearchConfig
from search_client.training.run_folder import RunFolder
from tests.unit.search_client.small_space import table_of
from tests.unit.search_client.training.small_run import board_target

START_S, STOP_S = 90.0, 60.0
COMMAND = (sys.executable, "-c", "from search_client.cli import app; app()")


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run that would take hours."""
    space = make_space("proxyless-cifar", width_mult=0.1)
    table = table_of(space)
    config = SearchConfig.checked(
        space=space.name,
        space_params=dict(space.params),
        targets=(board_target(table.network_ms(space.network([2] * len(space.blocks)))),),
        data_set="digits",
        warmup_epochs=10_000,
        checkpoint_steps=1,
    )
    return RunFolder.create(tmp_path / "run", config, [table.snapshot])


def wait_for(condition: Callable[[], bool], child: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + START_S
    while not condition():
        assert child.poll() is None, child.stderr and child.stderr.read()
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def has_a_checkpoint(folder: RunFolder) -> bool:
    """Look without reading: the child removes old checkpoints at the same time."""
    return any(path.name.isdigit() for path in folder.checkpoints.glob("*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_search_stopped_while_it_fetches_its_data_leaves_neither_files_nor_children(
    folder: RunFolder, tmp_path: Path, number: signal.Signals
) -> None:
    run = RunFolder.create(
        tmp_path / "other", folder.config.model_copy(update={"data_set": "cifar10"}), folder.snapshots
    )
    npm, npm_pid, cache = tmp_path / "bin" / "npm", tmp_path / "npm.pid", tmp_path / "cache"
    npm.parent.mkdir()
    npm.write_text(f"#!/bin/sh\necho $$ > {npm_pid}.new\nmv {npm_pid}.new {npm_pid}\nexec sleep 300\n")
    npm.chmod(0o755)
    child = subprocess.Popen(
        [*COMMAND, "search", "--run", str(run.path), "--resume", "--cache-dir", str(cache)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PATH": f"{npm.parent}{os.pathsep}{os.environ['PATH']}"},
    )
    try:
        wait_for(npm_pid.exists, child)
        child.send_signal(number)
        _, stderr = child.communicate(timeout=STOP_S)
    finally:
        child.kill()
    assert child.returncode == 130
    assert "Traceback" not in stderr
    assert not psutil.pid_exists(int(npm_pid.read_text()))
    assert not list((cache / "cifar10").iterdir())


def test_ctrl_c_leaves_a_run_that_can_be_resumed_and_says_how(folder: RunFolder) -> None:
    child = subprocess.Popen(
        [*COMMAND, "search", "--run", str(folder.path), "--resume", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: has_a_checkpoint(folder), child)
        child.send_signal(signal.SIGINT)
        stdout, stderr = child.communicate(timeout=STOP_S)
    finally:
        child.kill()
    assert child.returncode == 130
    assert stdout == ""
    assert f"search --run {folder.path} --resume" in stderr
    assert "Traceback" not in stderr
    state = load_latest_checkpoint(folder.checkpoints)
    assert state is not None
    assert len(folder.history.read_text().splitlines()) == state["step"]
    assert folder.result is None
