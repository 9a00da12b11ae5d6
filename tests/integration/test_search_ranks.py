"""A search by two processes, as `torchrun` starts them."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from search_client.training.checkpoints import load_latest_checkpoint
from search_client.training.history import read_history
from search_client.training.run_folder import RunFolder
from tests.integration.digit_search import (
    STOP_S,
    digit_search,
    last_tensors,
    resume_command,
    stored_step,
    wait_for,
)
from tests.processes import STOPPED_BY_CTRL_C
from tests.ranks import run_ranks, start_ranks
from tests.unit.search_client.training.small_run import small_folder

TOLERANCE = 1e-5


def double_search(folder: RunFolder) -> list[str]:
    return [sys.executable, "-m", "tests.integration.double_search", str(folder.path)]


def test_two_processes_end_where_one_with_the_same_batches_does(tmp_path: Path) -> None:
    """Warm-up, weight steps and architecture steps, some with less than half of a batch's classes a process."""
    settings = {"batch_size": 18, "weight_lr": 0.02, "settle_steps": 0, "fine_tune_epochs": 0}
    alone, shared = (small_folder(tmp_path / name, **settings) for name in ("alone", "shared"))
    subprocess.run(double_search(alone), check=True, capture_output=True, timeout=STOP_S)
    answers = run_ranks(double_search(shared))
    assert [code for code, _, _ in answers] == [0, 0], answers
    assert stored_step(alone) == stored_step(shared) >= 20
    expected, given = last_tensors(alone), last_tensors(shared)
    assert expected.keys() == given.keys()
    for name, tensor in expected.items():
        assert (given[name].double() - tensor.double()).abs().max() <= TOLERANCE, name
    for one, other in zip(read_history(alone.history), read_history(shared.history), strict=True):
        assert other == pytest.approx(one, abs=TOLERANCE)
    for one, other in zip(read_history(alone.alphas), read_history(shared.alphas), strict=True):
        assert (other["ce"], other["loss"]) == pytest.approx((one["ce"], one["loss"]), abs=TOLERANCE)
    assert alone.architecture == shared.architecture


def test_of_two_processes_the_first_one_alone_writes_and_answers(tmp_path: Path) -> None:
    folder = digit_search(tmp_path / "run", warmup_epochs=0, search_epochs=1, fine_tune_epochs=0)
    (first, stdout, _), (second, no_stdout, no_stderr) = run_ranks(resume_command(folder))
    assert (first, second, no_stdout, no_stderr) == (0, 0, "", "")
    assert folder.result is not None
    assert json.loads(stdout)["architecture"] == json.loads(folder.architecture.to_json())
    assert [record["step"] for record in read_history(folder.history)] == list(range(1, 9))
    assert len(list(folder.tensorboard.iterdir())) == 1


def test_ctrl_c_on_one_process_stops_all_behind_the_same_step(tmp_path: Path) -> None:
    folder = digit_search(tmp_path / "run", warmup_epochs=10_000, checkpoint_steps=1)
    ranks = start_ranks(resume_command(folder))
    try:
        wait_for(lambda: stored_step(folder) > 0, ranks[0])
        ranks[1].send_signal(signal.SIGINT)
        answers = [rank.communicate(timeout=STOP_S) for rank in ranks]
    finally:
        for rank in ranks:
            rank.kill()
    assert all(rank.returncode in STOPPED_BY_CTRL_C for rank in ranks), answers
    assert [stderr.count("--resume") for _, stderr in answers] == [1, 0]
    state = load_latest_checkpoint(folder.checkpoints)
    assert state is not None
    assert len(read_history(folder.history)) == state["step"]


def test_what_the_first_process_cannot_start_the_others_leave(tmp_path: Path) -> None:
    folder = digit_search(tmp_path / "run", data_set="nowhere")
    answers = run_ranks(resume_command(folder))
    assert [code for code, _, _ in answers] == [1, 1]
    assert "no data set is called 'nowhere'" in answers[0][2]
    assert "the first process could not start" in answers[1][2]
