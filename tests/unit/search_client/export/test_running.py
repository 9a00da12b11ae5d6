import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from device_agents.graphs.lowering import lower
from device_agents.graphs.onnx_graph import onnx_model
from device_agents.graphs.tflite_graph import tflite_model
from device_agents.graphs.weights import draw_weights
from latency_service.contract.errors import InvalidInput
from search_client.export import tflite_interpreter
from search_client.export.model_file import ModelFormat, ModelPrecision, PackageMissing, build_model_file
from search_client.export.running import format_of, logits_of, open_model
from tests.unit.search_client.export.networks import WHOLE
from tests.unit.search_client.export.trained import as_if_trained


def written(model_format: ModelFormat, precision: ModelPrecision = "fp32") -> bytes:
    calibration = [torch.randn(4, 3, 12, 12, generator=torch.Generator().manual_seed(0)).numpy()]
    return build_model_file(WHOLE, as_if_trained(WHOLE), model_format, precision, calibration)


@pytest.mark.parametrize(("model_format", "runtime"), [("onnx", "onnxruntime "), ("tflite", "ai-edge-litert ")])
def test_a_session_names_its_runtime_and_its_image(model_format: ModelFormat, runtime: str) -> None:
    session = open_model(model_format, written(model_format))
    assert session.runtime.startswith(runtime)
    assert session.input_shape == (12, 12, 3)


def test_where_the_living_runtime_is_absent_its_ancestor_runs_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    images = torch.randn(2, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    content = written("tflite")
    expected = logits_of(open_model("tflite", content), images)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    session = open_model("tflite", content)
    assert session.runtime.startswith("tflite-runtime ")
    torch.testing.assert_close(logits_of(session, images), expected, rtol=1e-4, atol=1e-4)


def test_without_any_runtime_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tflite_interpreter, "PACKAGES", ("no-such-runtime",))
    with pytest.raises(PackageMissing, match="pip install"):
        open_model("tflite", written("tflite"))


@pytest.mark.parametrize("model_format", ["onnx", "tflite"])
def test_images_of_another_size_are_refused(model_format: ModelFormat) -> None:
    session = open_model(model_format, written(model_format))
    with pytest.raises(InvalidInput, match=r"12x12x3.*8x8x3"):
        logits_of(session, torch.zeros(1, 3, 8, 8))


@pytest.mark.parametrize("model_format", ["onnx", "tflite"])
def test_what_is_no_model_is_refused(model_format: ModelFormat) -> None:
    with pytest.raises(InvalidInput, match="cannot read the model"):
        open_model(model_format, b"nothing of the kind")


def two_at_a_time(model_format: ModelFormat) -> bytes:
    graph = lower(WHOLE)
    return {"onnx": onnx_model, "tflite": tflite_model}[model_format](graph, draw_weights(graph, 0), 2)


@pytest.mark.parametrize("model_format", ["onnx", "tflite"])
def test_a_model_that_takes_something_else_than_one_image_is_refused(model_format: ModelFormat) -> None:
    with pytest.raises(InvalidInput, match=r"\[2, .* not one image"):
        open_model(model_format, two_at_a_time(model_format))


def test_a_model_of_half_precision_is_refused() -> None:
    graph = lower(WHOLE)
    with pytest.raises(InvalidInput, match=r"float16.* not one image"):
        open_model("onnx", onnx_model(graph, draw_weights(graph, 0), 1, np.float16))


def test_integers_that_nobody_explains_are_refused() -> None:
    model = onnx.load_from_string(written("onnx", "int8"))
    del model.metadata_props[:]
    with pytest.raises(InvalidInput, match="input_scale is missing"):
        open_model("onnx", model.SerializeToString())


def test_a_file_s_name_tells_its_format() -> None:
    assert format_of(Path("net.int8.tflite")) == "tflite"
    with pytest.raises(InvalidInput, match=r"ends in none of \.onnx, \.tflite"):
        format_of(Path("net.pt"))
