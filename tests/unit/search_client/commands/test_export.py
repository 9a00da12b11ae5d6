import hashlib
import shutil
from pathlib import Path

import pytest

from search_client.architecture import Architecture
from search_client.export.checking import ExportCheck
from search_client.training.run_folder import RunFolder
from tests.unit.search_client.commands.calls import answer_of, call
from tests.unit.search_client.trained_folder import SPACE

LEAST_OF_A_SHARE = 0.02


def exported(run: Path, file: Path, *more: str) -> ExportCheck:
    answer = answer_of(call("export", "--run", str(run), "--output", str(file), *more, "--json"))
    assert answer["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert answer["size_bytes"] == file.stat().st_size
    assert Path(answer["card"]).read_text().startswith(f"# {file.name}\n")
    return ExportCheck.model_validate(answer["check"])


@pytest.mark.parametrize("model_format", ["onnx", "tflite"])
def test_a_float_file_has_the_network_s_logits_and_accuracy_on_digits(run_copy: Path, model_format: str) -> None:
    check = exported(run_copy, run_copy / "exports" / f"net.{model_format}", "--format", model_format)
    assert check.images == 360
    assert check.torch_accuracy > 0.8
    assert check.accuracy == check.torch_accuracy
    assert check.largest_difference <= 1e-4


@pytest.mark.parametrize("model_format", ["onnx", "tflite"])
def test_integers_cost_at_most_two_points_on_digits(run_copy: Path, model_format: str) -> None:
    check = exported(run_copy, run_copy / f"net.{model_format}", "--precision", "int8")
    assert check.accuracy >= check.torch_accuracy - LEAST_OF_A_SHARE
    assert check.largest_difference > 1e-3


def test_the_card_of_a_retrained_network_tells_the_latency_that_its_search_knows(
    trained_run: RunFolder, run_copy: Path
) -> None:
    shutil.rmtree(run_copy / "snapshots")  # what is left is what a retraining leaves
    file = run_copy / "net.onnx"
    asked = ("export", "--run", str(run_copy), "--output", str(file), "--test-images", "0", "--json")
    assert "Nothing is known of it" in Path(answer_of(call(*asked))["card"]).read_text()
    answer = answer_of(call(*asked, "--search", str(trained_run.path)))
    assert trained_run.snapshots[0].snapshot_id in Path(answer["card"]).read_text()


def test_the_search_of_another_network_is_refused(run_copy: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(run_copy, tmp_path / "other"))
    (other / "architecture.json").write_text(Architecture.of(SPACE, (0,) * len(SPACE.blocks)).to_json())
    for folder in (other, tmp_path / "nowhere"):
        asked = ("--run", str(run_copy), "--search", str(folder), "--output", str(tmp_path / "net.onnx"))
        result = call("export", *asked)
        assert result.exit_code == 1
        assert "the search that derived this network" in result.stderr


def test_a_file_is_written_without_a_check_where_none_is_wanted(run_copy: Path) -> None:
    file = run_copy / "net.onnx"
    answer = answer_of(call("export", "--run", str(run_copy), "--output", str(file), "--test-images", "0", "--json"))
    assert (answer["check"], answer["calibration_images"], file.exists()) == (None, 0, True)


@pytest.mark.parametrize(("name", "reason"), [("net.pt", "ends in none"), ("net.onnx", "runtimes go by the name")])
def test_a_name_that_does_not_fit_the_format_is_refused(run_copy: Path, name: str, reason: str) -> None:
    result = call("export", "--run", str(run_copy), "--output", str(run_copy / name), "--format", "tflite")
    assert (result.exit_code, (run_copy / name).exists()) == (1, False)
    assert reason in result.stderr


def test_a_folder_without_a_trained_network_is_one_readable_message(tmp_path: Path) -> None:
    result = call("export", "--run", str(tmp_path), "--output", str(tmp_path / "net.onnx"))
    assert result.exit_code == 1
    assert "architecture.json" in result.stderr


def test_a_person_sees_how_many_images_have_been_run(run_copy: Path) -> None:
    asked = ("--calibration-images", "40", "--test-images", "30")
    result = call(
        "export", "--run", str(run_copy), "--output", str(run_copy / "net.onnx"), "--precision", "int8", *asked
    )
    assert all(each in result.stderr for each in ("calibrating", "40/40", "comparing file and torch", "60/60"))


def test_a_person_is_told_what_was_written(run_copy: Path) -> None:
    result = call("export", "--run", str(run_copy), "--output", str(run_copy / "net.onnx"), "--test-images", "20")
    assert all(word in result.stdout for word in ("onnx, fp32", "model card", "of 20 test", "logits"))
