"""A retraining that is interrupted, and one by two processes, as real programs."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from search_client.architecture import Architecture
from search_client.retraining.config import RetrainConfig
from search_client.retraining.folder import RetrainFolder
from search_client.spaces.registry import make_space
from search_client.training.history import read_history
from tests.integration.digit_search import COMMAND, STOP_S, wait_for
from tests.processes import STOPPED_BY_CTRL_C
from tests.ranks import run_ranks
from tests.unit.search_client.retraining.small_retraining import small_folder

TOLERANCE = 1e-5


def digit_retraining(path: Path, **changes: Any) -> RetrainFolder:
    """Make the folder of a retraining of 5 steps an epoch."""
    space = make_space("proxyless-cifar", width_mult=0.1)
    values = {"data_set": "digits", "epochs": 1, "warmup_epochs": 0, "batch_size": 256, "train_on": "cpu"}
    config = RetrainConfig.checked(**(values | changes))
    return RetrainFolder.create(path, config, Architecture.of(space, (0, 6, 0, 6, 6, 0, 6, 6)))


def resume_command(folder: RetrainFolder) -> list[str]:
    return [*COMMAND, "retrain", "--output", str(folder.path), "--resume", "--json"]


def double_retrain(folder: RetrainFolder) -> list[str]:
    return [sys.executable, "-m", "tests.integration.double_retrain", str(folder.path)]


def start(folder: RetrainFolder) -> "subprocess.Popen[str]":
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen(resume_command(folder), stdout=pipe, stderr=pipe, text=True, env=environment)


def stored_step(folder: RetrainFolder) -> int:
    return max((int(path.name) for path in folder.checkpoints.glob("*") if path.name.isdigit()), default=0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_retraining_that_can_be_resumed_and_says_how(tmp_path: Path, number: signal.Signals) -> None:
    folder = digit_retraining(tmp_path / "run", epochs=10_000, checkpoint_steps=1)
    child = start(folder)
    try:
        wait_for(lambda: stored_step(folder) > 0, child)
        child.send_signal(number)
        stdout, stderr = child.communicate(timeout=STOP_S)
    finally:
        child.kill()
    assert child.returncode in STOPPED_BY_CTRL_C, stderr
    assert stdout == ""
    assert f"retrain --output {folder.path} --resume" in stderr
    assert "Traceback" not in stderr
    assert len(read_history(folder.history)) == stored_step(folder)
    assert folder.result is None


def test_two_processes_end_where_one_with_the_same_batches_does(tmp_path: Path) -> None:
    alike = {"mixup_alpha": None, "drop_path_rate": 0.0}  # these draw for each process by itself
    alone, shared = (small_folder(tmp_path / name, **alike) for name in ("alone", "shared"))
    subprocess.run(double_retrain(alone), check=True, capture_output=True, timeout=STOP_S)
    answers = run_ranks(double_retrain(shared))
    assert [code for code, _, _ in answers] == [0, 0], answers
    expected, given = (load_file(folder.path / "weights.safetensors") for folder in (alone, shared))
    assert expected.keys() == given.keys()
    for name, tensor in expected.items():
        assert (given[name].double() - tensor.double()).abs().max() <= TOLERANCE, name
    for one, other in zip(read_history(alone.history), read_history(shared.history), strict=True):
        assert other == pytest.approx(one, abs=TOLERANCE)


def test_of_two_processes_the_first_one_alone_writes_and_answers(tmp_path: Path) -> None:
    folder = digit_retraining(tmp_path / "run")
    (first, stdout, _), (second, no_stdout, no_stderr) = run_ranks(resume_command(folder))
    assert (first, second, no_stdout, no_stderr) == (0, 0, "", "")
    assert folder.result is not None
    assert json.loads(stdout)["test_accuracy"] == folder.result.test_accuracy
    assert [record["step"] for record in read_history(folder.history)] == list(range(1, 6))
