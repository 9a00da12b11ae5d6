"""Ctrl-C in a real search process."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from latency_service.contract.conditions import Conditions
from search_client.spaces.registry import make_space
from search_client.training.checkpoints import load_latest_checkpoint
from search_client.training.config import SearchConfig
from search_client.training.run_folder import RunFolder
from tests.unit.search_client.small_space import table_of

START_S, STOP_S = 90.0, 60.0


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run that would take hours."""
    space = make_space("proxyless-cifar", width_mult=0.1)
    table = table_of(space)
    config = SearchConfig.checked(
        space=space.name,
        space_params=dict(space.params),
        device="board",
        conditions=Conditions(runtime="onnxruntime"),
        target_ms=table.network_ms(space.network([2] * len(space.blocks))),
        data_set="digits",
        warmup_epochs=10_000,
        checkpoint_steps=1,
    )
    return RunFolder.create(tmp_path / "run", config, table.snapshot)


def wait_for_a_checkpoint(folder: RunFolder, child: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + START_S
    while load_latest_checkpoint(folder.checkpoints) is None:
        assert child.poll() is None, child.stderr and child.stderr.read()
        assert time.monotonic() < deadline, "no checkpoint came"
        time.sleep(0.05)


def test_ctrl_c_leaves_a_run_that_can_be_resumed_and_says_how(folder: RunFolder) -> None:
    command = [sys.executable, "-c", "from search_client.cli import app; app()"]
    child = subprocess.Popen(
        [*command, "search", "--run", str(folder.path), "--resume", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for_a_checkpoint(folder, child)
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
