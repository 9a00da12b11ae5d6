"""Ctrl-C, SIGTERM and SIGKILL in a real search process."""

import os
import random
import signal
import subprocess
from pathlib import Path

import pytest
import torch

from search_client.training.checkpoints import load_latest_checkpoint
from search_client.training.run_folder import RunFolder
from tests.deadlines import eventually
from tests.integration.digit_search import (
    COMMAND,
    STOP_S,
    digit_search,
    finish,
    last_tensors,
    start,
    stored_step,
    wait_for,
)
from tests.processes import STOPPED_BY_CTRL_C, has_ended


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run that would take hours."""
    return digit_search(tmp_path / "run", warmup_epochs=10_000, checkpoint_steps=1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_search_stopped_while_it_fetches_its_data_leaves_neither_files_nor_children(
    folder: RunFolder, tmp_path: Path, number: signal.Signals
) -> None:
    run = RunFolder.create(
        tmp_path / "other", folder.config.model_copy(update={"data_set": "cifar10"}), folder.snapshots
    )
    npm, npm_pid, cache = tmp_path / "bin" / "npm", tmp_path / "npm.pid", tmp_path / "cache"
    npm.parent.mkdir()
    # It says that it runs a second late: before that, who started it may not know yet that it has.
    npm.write_text(f"#!/bin/sh\nsleep 1\necho $$ > {npm_pid}.new\nmv {npm_pid}.new {npm_pid}\nexec sleep 300\n")
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
    assert child.returncode in STOPPED_BY_CTRL_C, stderr
    assert "Traceback" not in stderr
    eventually(lambda: has_ended(int(npm_pid.read_text())))
    assert not list((cache / "cifar10").iterdir())


def test_ctrl_c_leaves_a_run_that_can_be_resumed_and_says_how(folder: RunFolder) -> None:
    child = start(folder)
    try:
        wait_for(lambda: stored_step(folder) > 0, child)
        child.send_signal(signal.SIGINT)
        stdout, stderr = child.communicate(timeout=STOP_S)
    finally:
        child.kill()
    assert child.returncode in STOPPED_BY_CTRL_C, stderr
    assert stdout == ""
    assert f"search --run {folder.path} --resume" in stderr
    assert "Traceback" not in stderr
    state = load_latest_checkpoint(folder.checkpoints)
    assert state is not None
    assert len(folder.history.read_text().splitlines()) == state["step"]
    assert folder.result is None


def test_a_search_killed_at_any_step_and_resumed_ends_with_the_same_alphas(tmp_path: Path) -> None:
    settings = {"search_epochs": 6, "checkpoint_steps": 3}
    unbroken, killed = (digit_search(tmp_path / name, **settings) for name in ("unbroken", "killed"))
    finish(unbroken)
    kill_at = random.Random(5).randrange(3, 36)
    child = start(killed)
    try:
        wait_for(lambda: stored_step(killed) >= kill_at, child)
    finally:
        child.kill()
        child.communicate()
    assert kill_at <= stored_step(killed) < stored_step(unbroken)
    finish(killed)
    expected, given = last_tensors(unbroken), last_tensors(killed)
    assert expected.keys() == given.keys()
    assert [name for name, tensor in expected.items() if not torch.equal(tensor, given[name])] == []
    for file in ("alphas.jsonl", "history.jsonl", "architecture.json", "weights.safetensors"):
        assert (unbroken.path / file).read_bytes() == (killed.path / file).read_bytes(), file
