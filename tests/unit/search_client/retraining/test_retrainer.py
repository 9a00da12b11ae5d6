import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from search_client.data.batches import evaluation_batches
from search_client.retraining.progress import RetrainInterrupted, RetrainProgress
from search_client.retraining.retrainer import Retrainer
from search_client.trained_network import TrainedNetwork
from search_client.training.checkpoints import load_latest_checkpoint
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


def test_without_it_the_weights_themselves_are(tmp_path: Path) -> None:
    folder = small_folder(tmp_path, ema_decay=None)
    assert not Retrainer(folder, separable_images(), watcher()).run().is_average
    kept, state = load_file(tmp_path / "weights.safetensors"), load_latest_checkpoint(folder.checkpoints)
    assert state is not None
    assert all(torch.equal(tensor, state["module"][name]) for name, tensor in kept.items())


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


def test_a_retraining_in_half_precision_and_in_parts_comes_to_its_end(tmp_path: Path) -> None:
    folder = small_folder(tmp_path, epochs=2, amp="bf16", accumulate=2)
    result = Retrainer(folder, separable_images(), watcher()).run()
    assert (result.steps, result.skipped_steps) == (8, 0)
    assert {tensor.dtype for tensor in load_file(tmp_path / "weights.safetensors").values()} <= {
        torch.float32,
        torch.int64,
    }
