import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from latency_service.contract.errors import Conflict, InvalidInput, MissingEntries
from search_client.data.batches import BatchLoader
from search_client.latency.table import LatencyTable
from search_client.training import search_state
from search_client.training.checkpoints import load_latest_checkpoint
from search_client.training.history import read_history
from search_client.training.progress import SearchInterrupted
from search_client.training.result import SearchResult
from search_client.training.run_folder import RunFolder
from search_client.training.search_run import SearchRun
from tests.unit.search_client.training.small_run import (
    Recording,
    board_target,
    small_folder,
    small_images,
    small_snapshot,
    target_ms,
)


def run(folder: RunFolder, stop_after: int | None = None) -> tuple[SearchResult, Recording]:
    recording = Recording(stop_after)
    return SearchRun(folder, small_images(), recording.watcher).run(), recording


def last_state(folder: RunFolder) -> dict[str, Any]:
    state = load_latest_checkpoint(folder.checkpoints)
    assert state is not None
    return state


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, SearchResult, Recording]:
    folder = small_folder(tmp_path_factory.mktemp("runs") / "unbroken")
    result, recording = run(folder)
    return folder, result, recording


def test_the_phases_follow_each_other(unbroken: tuple[RunFolder, SearchResult, Recording]) -> None:
    phases = [progress.phase for progress in unbroken[2].seen]
    assert phases[:24] == ["warm-up"] * 8 + ["search"] * 16
    settled = len(phases) - 24 - 10
    assert 0 <= settled <= 3
    assert phases[24:] == ["settling"] * settled + ["fine-tuning"] * 10
    steps = [progress.step for progress in unbroken[2].seen]
    assert steps == list(range(1, len(steps) + 1))
    assert unbroken[2].seen[-1].total_steps == len(steps)


def test_the_architecture_rests_in_the_warm_up_and_then_moves(
    unbroken: tuple[RunFolder, SearchResult, Recording],
) -> None:
    seen = unbroken[2].seen
    assert len({progress.expected for progress in seen[:8]}) == 1
    assert seen[-11].expected != seen[0].expected
    assert seen[-11].entropy < seen[0].entropy
    steps = [record["step"] for record in read_history(unbroken[0].alphas)]
    assert steps[:8] == list(range(10, 25, 2))


def test_the_result_says_what_the_folder_holds(unbroken: tuple[RunFolder, SearchResult, Recording]) -> None:
    folder, result, _ = unbroken
    assert folder.result == result
    assert folder.architecture == result.architecture
    network = folder.architecture.network()
    (promise,) = result.promises
    assert promise.predicted_ms == pytest.approx(LatencyTable(folder.snapshots[0]).network_ms(network))
    assert promise.predicted_ci_ms is not None
    assert promise.predicted_ci_ms[0] < promise.predicted_ms < promise.predicted_ci_ms[1]
    assert (result.macs, result.parameters) == (network.macs, network.parameters)
    assert promise.snapshot_id == folder.snapshots[0].snapshot_id
    assert result.validation_images == 128
    assert promise.target_met == (abs(promise.predicted_ms / promise.target_ms - 1) <= 0.02)
    weights = load_file(folder.path / "weights.safetensors")
    trained = sum(tensor.numel() for name, tensor in weights.items() if "running" not in name and "num_b" not in name)
    assert trained == network.parameters


def test_the_derived_network_has_learnt_something(unbroken: tuple[RunFolder, SearchResult, Recording]) -> None:
    assert unbroken[1].validation_accuracy > 0.4  # chance is 0.25


def test_the_histories_and_tensorboard_cover_every_step(
    unbroken: tuple[RunFolder, SearchResult, Recording],
) -> None:
    folder, _, recording = unbroken
    history = read_history(folder.history)
    assert [record["step"] for record in history] == [progress.step for progress in recording.seen]
    probs = read_history(folder.alphas)[-1]["path_probs"]
    assert all(sum(row) == pytest.approx(1, abs=1e-4) for row in probs)
    assert list(folder.tensorboard.glob("events.*"))


@pytest.mark.parametrize("stop_after", [3, 13, 26])
def test_an_interrupted_and_resumed_search_ends_like_an_unbroken_one(
    unbroken: tuple[RunFolder, SearchResult, Recording], tmp_path: Path, stop_after: int
) -> None:
    """In the warm-up, between two architecture steps, and while fine-tuning."""
    folder = small_folder(tmp_path / "run")
    with pytest.raises(SearchInterrupted):
        run(folder, stop_after)
    assert folder.result is None
    result, _ = run(RunFolder.open(folder.path))
    expected, given = last_state(unbroken[0]), last_state(folder)
    assert expected["supernet"].keys() == given["supernet"].keys()
    for name, tensor in expected["supernet"].items():
        assert torch.equal(tensor, given["supernet"][name]), name
    assert expected["objective"] == given["objective"]
    assert read_history(unbroken[0].alphas) == read_history(folder.alphas)
    assert read_history(unbroken[0].history) == read_history(folder.history)
    assert result.model_copy(update={"seconds": 0}) == unbroken[1].model_copy(update={"seconds": 0})


def test_a_killed_search_goes_on_from_its_last_checkpoint(
    unbroken: tuple[RunFolder, SearchResult, Recording], tmp_path: Path
) -> None:
    folder = small_folder(tmp_path / "run")

    class Killed(BaseException):
        pass

    recording = Recording()
    original = recording.watcher.on_progress

    def die_at_step_13(progress: Any) -> None:
        original(progress)
        if progress.step == 13:
            raise Killed

    watcher = recording.watcher.__class__(die_at_step_13, lambda: False, recording.watcher.clock_s)
    with pytest.raises(Killed):
        SearchRun(folder, small_images(), watcher).run()
    assert last_state(folder)["step"] == 10
    result, resumed = run(folder)
    assert resumed.seen[0].step == 11
    assert read_history(folder.history) == read_history(unbroken[0].history)
    assert result.architecture == unbroken[1].architecture


def test_the_seconds_of_all_sessions_add_up(tmp_path: Path) -> None:
    folder = small_folder(tmp_path / "run", warmup_epochs=0, search_epochs=1, fine_tune_epochs=0, settle_steps=0)
    with pytest.raises(SearchInterrupted):
        run(folder, stop_after=4)
    before = last_state(folder)["seconds"]
    result, _ = run(folder)
    assert before > 0
    assert result.seconds > before


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_target_that_no_network_can_have_is_refused(tmp_path: Path, share: float) -> None:
    folder = small_folder(tmp_path, targets=(board_target(target_ms(share)),))
    with pytest.raises(InvalidInput, match="theirs lie between"):
        SearchRun(folder, small_images(), Recording().watcher)


def test_images_that_do_not_fit_the_space_are_refused(tmp_path: Path) -> None:
    folder = small_folder(tmp_path, space_params={"width_mult": 0.1, "resolution": 16, "num_classes": 4})
    images = small_images()
    wrong = images.__class__(**{**images.__dict__, "num_classes": 7})
    with pytest.raises(InvalidInput, match="7 classes"):
        SearchRun(folder, wrong, Recording().watcher)


def test_a_table_that_lacks_an_op_stops_the_search_before_it_starts(tmp_path: Path) -> None:
    snapshot = small_snapshot()
    poorer = snapshot.model_copy(update={"ops": snapshot.ops[:-1]})
    folder = RunFolder.create(tmp_path / "run", small_folder(tmp_path / "other").config, [poorer])
    with pytest.raises(MissingEntries) as raised:
        SearchRun(folder, small_images(), Recording().watcher)
    assert raised.value.extra["missing"] == [snapshot.ops[-1].workload]


def test_a_loss_without_a_target_gets_none(tmp_path: Path) -> None:
    folder = small_folder(tmp_path, loss="additive", loss_params={"weight": 0.1}, search_epochs=1, fine_tune_epochs=0)
    result, _ = run(folder)
    assert result.promises[0].target_met
    assert json.loads((tmp_path / "config.json").read_text())["loss"] == "additive"


def test_a_folder_that_another_search_trains_in_is_left_alone(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    with folder.locked(), pytest.raises(Conflict, match="another process"):
        run(RunFolder.open(tmp_path))
    assert not folder.history.exists()


@pytest.mark.parametrize("plain", [True, False])
def test_images_of_the_architecture_alone_may_be_plain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: bool
) -> None:
    augmented: list[bool] = []

    class NotingLoader(BatchLoader):
        def __init__(self, *arguments: Any, augment: bool, **options: Any) -> None:
            super().__init__(*arguments, augment=augment, **options)
            augmented.append(augment)

    monkeypatch.setattr(search_state, "BatchLoader", NotingLoader)
    folder = small_folder(tmp_path, plain_alpha_batches=plain)
    SearchRun(folder, small_images(), Recording(None).watcher)
    assert augmented == [True, not plain]  # weights, alphas
