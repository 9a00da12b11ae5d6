import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from latency_service.contract.errors import Conflict
from search_client.compute import Compute
from search_client.data.batches import evaluation_batches
from search_client.retraining import retrainer
from search_client.retraining.progress import RetrainInterrupted, RetrainProgress
from search_client.retraining.retrainer import Retrainer
from search_client.retraining.state import RetrainState
from search_client.trained_network import TrainedNetwork
from search_client.training.checkpoints import load_latest_checkpoint
from search_client.training.history import read_history
from tests.unit.search_client.retraining.small_retraining import separable_images, small_folder, watcher


def test_a_retrained_network_tells_classes_apart_on_images_it_never_saw(tmp_path: Path) -> None:
    plain = {"mixup_alpha": None, "cutout_length": 0, "auto_augment": None, "drop_path_rate": 0.0}
    folder = small_folder(tmp_path, epochs=10, batch_size=16, **plain)
    result = Retrainer(folder, separable_images(), watcher()).run()
    assert result.test_accuracy > 0.9
    assert (result.steps, result.test_images, result.validation_images) == (80, 80, 32)
    assert folder.result == result
    trained, images = TrainedNetwork.read(tmp_path), separable_images()
    ((pixels, labels),) = evaluation_batches(images.test, images, 80)
    assert float((trained.module(pixels).argmax(1) == labels).float().mean()) == pytest.approx(result.test_accuracy)


def test_interrupted_and_resumed_it_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    unbroken, broken = small_folder(tmp_path / "unbroken"), small_folder(tmp_path / "broken")
    expected = Retrainer(unbroken, separable_images(), watcher()).run()
    for _ in range(2):
        with pytest.raises(RetrainInterrupted):
            Retrainer(broken, separable_images(), watcher(stop_after=5)).run()
        assert broken.result is None
    found = Retrainer(broken, separable_images(), watcher()).run()
    assert found.model_dump(exclude={"seconds"}) == expected.model_dump(exclude={"seconds"})
    for name in ("weights.safetensors", "history.jsonl"):
        assert (unbroken.path / name).read_bytes() == (broken.path / name).read_bytes(), name


def test_the_moving_average_is_judged_and_kept_where_there_is_one(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    assert Retrainer(folder, separable_images(), watcher()).run().is_average
    kept, state = load_file(tmp_path / "weights.safetensors"), load_latest_checkpoint(folder.checkpoints)
    assert state is not None
    assert all(torch.equal(tensor, state["average"][f"module.{name}"]) for name, tensor in kept.items())
    assert not torch.equal(kept["0.0.weight"], state["module"]["0.0.weight"])


def test_what_is_judged_is_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[nn.Module] = []

    def accuracy_on(module: nn.Module, *_: object) -> float:
        judged.append(module)
        return 0.5

    monkeypatch.setattr(retrainer, "accuracy_on", accuracy_on)
    Retrainer(small_folder(tmp_path), separable_images(), watcher()).run()
    kept = load_file(tmp_path / "weights.safetensors")
    assert len(judged) == 5  # three epochs' validation, and both in the end
    for module in judged:
        assert all(torch.equal(tensor, kept[name]) for name, tensor in module.state_dict().items())


def test_without_it_the_weights_themselves_are(tmp_path: Path) -> None:
    folder = small_folder(tmp_path, ema_decay=None)
    assert not Retrainer(folder, separable_images(), watcher()).run().is_average
    kept, state = load_file(tmp_path / "weights.safetensors"), load_latest_checkpoint(folder.checkpoints)
    assert state is not None
    assert all(torch.equal(tensor, state["module"][name]) for name, tensor in kept.items())
    assert kept["0.1.num_batches_tracked"] == 12  # it went on in training mode after each validation


def test_long_gradients_are_shortened(tmp_path: Path) -> None:
    folder = small_folder(tmp_path, epochs=2, ema_decay=None, weight_decay=0.0, max_gradient_norm=1e-9)
    Retrainer(folder, separable_images(), watcher()).run()
    untrained = RetrainState(folder.config, folder.architecture, separable_images(), Compute()).module.state_dict()
    kept = load_file(tmp_path / "weights.safetensors")
    torch.testing.assert_close(kept["0.0.weight"], untrained["0.0.weight"], rtol=0, atol=1e-7)


def test_every_step_and_every_epochs_validation_are_recorded_and_told(tmp_path: Path) -> None:
    folder, seen = small_folder(tmp_path), list[RetrainProgress]()
    Retrainer(folder, separable_images(), watcher(seen=seen)).run()
    records = [json.loads(line) for line in folder.history.read_text().splitlines()]
    validations = [record["step"] for record in records if "validation_accuracy" in record]
    assert validations == [4, 8, 12]
    assert [record["step"] for record in records if "loss" in record] == list(range(1, 13))
    assert records[0]["lr"] == pytest.approx(0.05 / 4)
    assert [(now.step, now.epoch) for now in seen[3:5]] == [(4, 1), (5, 2)]
    assert seen[2].validation_accuracy is None
    assert seen[3].validation_accuracy is not None
    assert list(folder.tensorboard.glob("events*"))


def test_branches_are_dropped_from_the_second_step_on(tmp_path: Path) -> None:
    losses = []
    for rate in (0.0, 0.5):
        folder = small_folder(tmp_path / str(rate), epochs=2, mixup_alpha=None, drop_path_rate=rate)
        Retrainer(folder, separable_images(), watcher()).run()
        losses.append([record["loss"] for record in read_history(folder.history) if "loss" in record])
    (first, *others), (first_dropped, *others_dropped) = losses
    assert first_dropped == first
    assert others_dropped != others


def test_a_retraining_in_half_precision_and_in_parts_comes_to_its_end(tmp_path: Path) -> None:
    folder = small_folder(tmp_path, epochs=2, amp="bf16", accumulate=2)
    result = Retrainer(folder, separable_images(), watcher()).run()
    assert (result.steps, result.skipped_steps) == (8, 0)
    assert {tensor.dtype for tensor in load_file(tmp_path / "weights.safetensors").values()} <= {
        torch.float32,
        torch.int64,
    }


def test_a_folder_that_another_retraining_trains_in_is_left_alone(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    with folder.locked(), pytest.raises(Conflict, match="another process"):
        Retrainer(folder, separable_images(), watcher()).run()
    assert not folder.history.exists()
