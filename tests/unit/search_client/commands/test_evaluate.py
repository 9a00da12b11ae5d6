from pathlib import Path

import pytest
import torch

from search_client.data.batches import Normalisation
from search_client.data.dataset import Images, ImageSet, LabelledImages
from search_client.data.registry import load_data_set
from search_client.trained_network import TrainedNetwork
from search_client.training.run_folder import RunFolder
from search_client.training.search_state import make_splits
from tests.unit.search_client.commands.calls import answer_of, call


def accuracy(run: RunFolder, images: LabelledImages, image_set: ImageSet) -> float:
    assert isinstance(images, Images)
    pixels = Normalisation(image_set.mean, image_set.std)(images.pixels)
    with torch.no_grad():
        found = TrainedNetwork.read(run.path).module(pixels).argmax(1)
    return float((found == images.labels).float().mean())


def test_the_network_is_judged_on_the_test_images(trained_run: RunFolder) -> None:
    answer = answer_of(call("evaluate", "--run", str(trained_run.path), "--json"))
    images = load_data_set("digits", trained_run.path)
    expected = accuracy(trained_run, images.test, images)
    assert answer["accuracy"] == pytest.approx(expected)
    assert (answer["data_set"], answer["split"], answer["images"]) == ("digits", "test", 360)
    assert answer["runtime"].startswith("torch ")


def test_or_on_those_that_its_search_held_out(trained_run: RunFolder) -> None:
    answer = answer_of(call("evaluate", "--run", str(trained_run.path), "--split", "validation", "--json"))
    images = load_data_set("digits", trained_run.path)
    held_out = make_splits(trained_run.config, images).validation
    expected = accuracy(trained_run, held_out, images)
    assert (answer["images"], answer["accuracy"]) == (len(held_out), pytest.approx(expected))


def test_an_exported_file_is_judged_in_its_own_runtime(run_copy: Path) -> None:
    file = run_copy / "net.onnx"
    answer_of(call("export", "--run", str(run_copy), "--output", str(file), "--test-images", "0", "--json"))
    of_file = answer_of(call("evaluate", "--run", str(run_copy), "--file", str(file), "--json"))
    of_torch = answer_of(call("evaluate", "--run", str(run_copy), "--json"))
    assert of_file["runtime"].startswith("onnxruntime ")
    assert of_file["accuracy"] == of_torch["accuracy"]
    assert of_file["loss"] == pytest.approx(of_torch["loss"], rel=1e-4)


def test_batch_statistics_that_were_lost_are_gathered_anew(run_copy: Path) -> None:
    module = TrainedNetwork.read(run_copy).module
    for layer in module.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.reset_running_stats()
    folder = RunFolder(run_copy)
    folder.write_network(folder.architecture, module)
    lost = answer_of(call("evaluate", "--run", str(run_copy), "--json"))
    found = answer_of(call("evaluate", "--run", str(run_copy), "--recalibrate", "5", "--json"))
    assert (lost["recalibrated_images"], found["recalibrated_images"]) == (0, 320)
    assert found["accuracy"] > lost["accuracy"] + 0.2


def test_batch_statistics_are_gathered_over_none_of_the_images_that_the_search_held_out(trained_run: RunFolder) -> None:
    answer = answer_of(call("evaluate", "--run", str(trained_run.path), "--recalibrate", "1000", "--json"))
    images = load_data_set("digits", trained_run.path)
    held_out = make_splits(trained_run.config, images).validation
    assert answer["recalibrated_images"] == len(images.train) - len(held_out)


def test_a_file_cannot_be_recalibrated(run_copy: Path) -> None:
    result = call("evaluate", "--run", str(run_copy), "--file", "net.onnx", "--recalibrate", "5")
    assert result.exit_code == 1
    assert "folded" in result.stderr


def test_a_retraining_held_out_no_validation_images(run_copy: Path) -> None:
    (run_copy / "snapshots" / "0.json").unlink()
    (run_copy / "snapshots").rmdir()
    result = call("evaluate", "--run", str(run_copy), "--split", "validation")
    assert result.exit_code == 1
    assert "--split test" in result.stderr


def test_a_person_is_told_accuracy_loss_and_runtime(trained_run: RunFolder) -> None:
    result = call("evaluate", "--run", str(trained_run.path), "--recalibrate", "1")
    assert all(word in result.stdout for word in ("of 360 test images", "loss", "torch", "64 training images"))
    assert "360/360" in result.stderr
