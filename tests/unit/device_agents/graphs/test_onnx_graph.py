import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import ModelProto

from device_agents.graphs.lowering import lower
from device_agents.graphs.onnx_graph import onnx_model
from device_agents.graphs.weights import draw_weights
from latency_service.contract.keys import format_key, parse_key
from latency_service.contract.ops import OpSpec
from tests.unit.device_agents.graphs.accuracy import images_of, snr_db
from tests.unit.device_agents.graphs.cases import OPS
from tests.unit.device_agents.graphs.reference import reference_output


def build(op: OpSpec, batch_size: int = 1) -> ModelProto:
    graph = lower(op)
    return onnx.load_from_string(onnx_model(graph, draw_weights(graph, 0), batch_size))


@pytest.mark.parametrize("op", OPS[::7], ids=format_key)
def test_a_model_is_valid_and_its_shapes_are_those_of_the_op(op: OpSpec) -> None:
    model = build(op, batch_size=3)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True).graph.output[0]
    height, width, channels = op.output_shape
    assert [size.dim_value for size in inferred.type.tensor_type.shape.dim] == [3, channels, height, width]


def test_a_model_keeps_to_an_opset_that_older_runtimes_read() -> None:
    model = build(parse_key("v1-classifier-7x7x32-out10"))
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 17)]
    assert model.ir_version == 8


def test_normalisations_are_folded_and_activations_follow_each_convolution() -> None:
    model = build(parse_key("v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-hard_swish"))
    assert [node.op_type for node in model.graph.node] == ["Conv", "HardSwish", "Conv", "HardSwish", "Conv", "Add"]


@pytest.mark.parametrize("op", OPS[::3], ids=format_key)
def test_a_model_of_16_bits_is_valid_and_loses_no_more_than_16_bits_do(op: OpSpec) -> None:
    graph = lower(op)
    weights = draw_weights(graph, 0)
    content = onnx_model(graph, weights, 2, np.float16)
    onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    images = images_of(op.input_shape, 2)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (output,) = session.run(None, {"images": images.astype(np.float16)})
    assert output.dtype == np.float16
    assert snr_db(reference_output(op, weights, images), output.astype(np.float64)) >= 50


def test_every_weight_of_16_bits_is_stored_in_two_bytes() -> None:
    graph = lower(parse_key("v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-relu6"))
    model = onnx.load_from_string(onnx_model(graph, draw_weights(graph, 0), 1, np.float16))
    assert {held.data_type for held in model.graph.initializer} == {onnx.TensorProto.FLOAT16}
