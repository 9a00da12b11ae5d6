import random
from typing import get_args

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from device_agents.graphs.lowering import lower
from device_agents.graphs.onnx_graph import onnx_model
from device_agents.graphs.weights import draw_weights
from latency_service.contract.network import NetworkSpec
from search_client.export import model_file
from search_client.export.model_file import ModelFormat, ModelPrecision, PackageMissing, build_model_file
from search_client.export.running import logits_of, open_model
from search_client.spaces.registry import SPACES, make_space
from tests.unit.search_client.export.networks import NETWORKS, WHOLE
from tests.unit.search_client.export.trained import as_if_trained

FORMATS: tuple[ModelFormat, ...] = get_args(ModelFormat)
LEAST_SNR_DB = 20.0


def images_for(network: NetworkSpec, number: int, seed: int) -> Tensor:
    height, width, channels = network.input_shape
    return torch.randn(number, channels, height, width, generator=torch.Generator().manual_seed(seed))


def exported(
    network: NetworkSpec,
    model_format: ModelFormat,
    precision: ModelPrecision,
    images: Tensor,
    module: nn.Module | None = None,
) -> Tensor:
    calibration = [images_for(network, 64, seed=1).numpy()]
    content = build_model_file(network, module or as_if_trained(network), model_format, precision, calibration)
    return logits_of(open_model(model_format, content), images)


@torch.no_grad()
def flat_output(
    network: NetworkSpec, images: Tensor, model_format: ModelFormat, module: nn.Module | None = None
) -> Tensor:
    output: Tensor = (module or as_if_trained(network))(images)
    is_map = output.ndim == 4 and model_format == "tflite"
    return (output.permute(0, 2, 3, 1) if is_map else output).flatten(1)


@pytest.mark.parametrize("model_format", FORMATS)
@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_a_float_file_says_what_torch_says_in_its_real_runtime(network: NetworkSpec, model_format: ModelFormat) -> None:
    images = images_for(network, 5, seed=2)
    expected = flat_output(network, images, model_format)
    output = exported(network, model_format, "fp32", images)
    scale = max(1.0, float(expected.abs().max()))
    assert float((output - expected).abs().max()) <= 1e-4 * scale


@pytest.mark.parametrize("model_format", FORMATS)
@pytest.mark.parametrize("name", SPACES)
def test_a_network_of_any_space_can_be_exported(name: str, model_format: ModelFormat) -> None:
    space = make_space(name, width_mult=0.25, resolution=32)
    draw = random.Random(0)
    network = space.network([draw.randrange(len(block.candidates)) for block in space.blocks])
    images = images_for(network, 2, seed=2)
    expected = flat_output(network, images, model_format)
    output = exported(network, model_format, "fp32", images)
    assert float((output - expected).abs().max()) <= 1e-4 * max(1.0, float(expected.abs().max()))


@pytest.mark.parametrize("model_format", FORMATS)
def test_an_integer_file_comes_near_to_torch_on_images_that_it_was_not_calibrated_with(
    model_format: ModelFormat,
) -> None:
    images = images_for(WHOLE, 64, seed=3)
    expected = flat_output(WHOLE, images, model_format)
    output = exported(WHOLE, model_format, "int8", images)
    noise = float((output - expected).square().sum())
    assert noise > 0
    assert 10 * np.log10(float(expected.square().sum()) / noise) >= LEAST_SNR_DB


@pytest.mark.parametrize("model_format", FORMATS)
def test_a_channel_that_has_all_but_died_in_training_costs_an_integer_file_nothing(model_format: ModelFormat) -> None:
    network = NETWORKS["mbconv, no expansion"]
    module, images = as_if_trained(network), images_for(network, 8, seed=3)
    *_, projection = (layer for layer in module.modules() if isinstance(layer, nn.Conv2d))
    projection.weight.data[0] *= 1e-6
    expected = flat_output(network, images, model_format, module)
    noise = float((exported(network, model_format, "int8", images, module) - expected).square().sum())
    assert 10 * np.log10(float(expected.square().sum()) / noise) >= LEAST_SNR_DB


def test_the_exported_graph_is_the_measured_one_but_for_its_weights() -> None:
    graph = lower(WHOLE)
    measured = onnx.load_from_string(onnx_model(graph, draw_weights(graph, 0), batch_size=1)).graph
    content = build_model_file(WHOLE, as_if_trained(WHOLE), "onnx", "fp32", [])
    written = onnx.load_from_string(content).graph
    assert [(node.op_type, list(node.input)) for node in written.node] == [
        (node.op_type, list(node.input)) for node in measured.node
    ]
    assert {held.name: tuple(held.dims) for held in written.initializer} == {
        held.name: tuple(held.dims) for held in measured.initializer
    }


def test_integers_are_calibrated_on_the_given_images() -> None:
    network = NETWORKS["classifier"]
    bright = [5.0 + images_for(network, 8, seed=1).numpy()]
    content = build_model_file(network, as_if_trained(network), "onnx", "int8", bright)
    steps = {each.key: each.value for each in onnx.load_from_string(content).metadata_props}
    assert 255 * float(steps["input_scale"]) == pytest.approx(max(0.0, float(bright[0].max())), rel=1e-4)
    assert steps["input_zero_point"] == "0"


def test_a_missing_package_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: object) -> bytes:
        raise ModuleNotFoundError("No module named 'tflite'", name="tflite")

    monkeypatch.setattr(model_file, "_tflite", absent)
    with pytest.raises(PackageMissing, match=r"tflite is needed .* pip install"):
        build_model_file(WHOLE, as_if_trained(WHOLE), "tflite", "fp32", [])
