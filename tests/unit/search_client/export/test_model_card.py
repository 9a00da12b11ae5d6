from dataclasses import replace
from pathlib import Path

import pytest

from latency_service.contract.network import workload_key
from search_client.data.registry import load_data_set
from search_client.export.checking import ExportCheck
from search_client.export.model_card import ExportedFile, render_model_card
from search_client.trained_network import TrainedNetwork
from search_client.training.run_folder import RunFolder
from search_client.verify import VerifyResult

CHECK = ExportCheck(
    runtime="onnxruntime 1.0", images=360, accuracy=0.75, torch_accuracy=0.7625, largest_difference=0.00002
)
EXPORTED = ExportedFile(
    file=Path("out dir/net.onnx"),
    card=Path("out dir/net.onnx.model-card.md"),
    format="onnx",
    precision="fp32",
    size_bytes=12345,
    sha256="ab" * 32,
    calibration_images=0,
    check=CHECK,
)


def card(run: Path, exported: ExportedFile = EXPORTED) -> str:
    trained = TrainedNetwork.read(run)
    return render_model_card(exported, trained, load_data_set("digits", run), run, trained.search)


def card_of_retrained(run: Path, search: RunFolder | None) -> str:
    trained = replace(TrainedNetwork.read(run), search=None)
    return render_model_card(EXPORTED, trained, load_data_set("digits", run), Path("retrained"), search)


def verify(run: Path, measured_ms: float) -> None:
    folder = RunFolder.open(run)
    assert folder.result is not None
    promise = folder.result.promises[0]
    folder.write_verification(
        0,
        VerifyResult(
            network=workload_key(folder.architecture.network()),
            device=promise.device,
            conditions=promise.conditions,
            snapshot_id=promise.snapshot_id,
            predicted_ms=promise.predicted_ms,
            predicted_ci_ms=promise.predicted_ci_ms,
            measured_ms=measured_ms,
            measured_ci_ms=(0.99 * measured_ms, 1.01 * measured_ms),
            verdict="noisy",
            error_percent=0.0,
        ),
    )


def test_a_card_tells_file_accuracy_latency_and_where_they_come_from(run_copy: Path) -> None:
    verify(run_copy, measured_ms=2.0)
    text = card(run_copy)
    for fact in (
        "12,345 bytes",
        "ab" * 32,
        "this file in onnxruntime 1.0 | 360 test | 75.00 %",
        "the network in torch, on the same images | 360 test | 76.25 %",
        "288 held-out training | 87.50 %",
        "| board | onnxruntime fp32 on cpu, batch 1, 1 thread(s), hot cache, eager | `snapshot-1` |",
        "| 2 ms [1.98, 2.02] | noisy |",
        "MBConv 5x5 e3 s2",
        f"search-client search --run {run_copy}-again --config {run_copy}/config.json",
        '"data_set": "digits"',
        "--format onnx --precision fp32 --output 'out dir/net.onnx'",
    ):
        assert fact in text


def test_a_card_tells_the_error_of_the_prediction(run_copy: Path) -> None:
    assert "ms (unanchored: no error known) [" in card(run_copy)
    folder = RunFolder.open(run_copy)
    assert folder.result is not None
    promise = folder.result.promises[0].model_copy(update={"network_error_percent": 1.23})
    folder.write_result(folder.result.model_copy(update={"promises": (promise,)}))
    assert f"| {promise.predicted_ms:.4g} ms +- 1.2 % [" in card(run_copy)


def test_what_was_not_measured_is_not_told(run_copy: Path) -> None:
    text = card(run_copy, EXPORTED.model_copy(update={"check": None}))
    assert "| not measured |" in text
    assert "was not run on test images" in text
    assert "No logit" not in text


@pytest.mark.parametrize("change", [{"precision": "int8", "calibration_images": 64}, {"format": "tflite"}])
def test_a_latency_of_another_graph_is_marked_as_such(run_copy: Path, change: dict[str, object]) -> None:
    assert "(not this file's graph)" not in card(run_copy)
    assert "(not this file's graph)" in card(run_copy, EXPORTED.model_copy(update=change))


def test_a_card_says_what_integers_stand_for(run_copy: Path) -> None:
    text = card(run_copy, EXPORTED.model_copy(update={"precision": "int8", "calibration_images": 64}))
    assert "`input_scale`" in text
    assert "over 64 training images" in text
    assert "--calibration-images 64" in text


def test_a_retrained_network_has_the_latency_that_its_search_measured_and_an_accuracy_of_its_own(
    run_copy: Path,
) -> None:
    verify(run_copy, measured_ms=2.0)
    text = card_of_retrained(run_copy, RunFolder.open(run_copy))
    assert "| 2 ms [1.98, 2.02] | noisy |" in text
    assert f"search-client export --run retrained --search {run_copy} --format" in text
    again = "--architecture retrained/architecture.json --config retrained/config.json --output retrained-again"
    assert f"search-client retrain {again}" in text
    assert "search-client retrain" not in card(run_copy)
    assert "held-out" not in text


def test_where_nobody_names_the_search_there_is_none_to_tell_of(run_copy: Path) -> None:
    text = card_of_retrained(run_copy, None)
    assert "search-client search" not in text
    assert "Nothing is known of it" in text
    assert "export --search" in text
    assert "held-out" not in text
