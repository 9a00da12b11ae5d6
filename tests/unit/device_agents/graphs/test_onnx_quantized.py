from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from device_agents.graphs.lowering import lower
from device_agents.graphs.onnx_quantized import quantized_onnx_model
from device_agents.graphs.weights import draw_weights
from latency_service.contract.keys import format_key, parse_key
from latency_service.contract.ops import OpSpec
from tests.unit.device_agents.graphs.accuracy import BATCH_SIZE, LEAST_SNR_DB, SEED, images_of, scales_of, snr_db
from tests.unit.device_agents.graphs.cases import OPS
from tests.unit.device_agents.graphs.reference import reference_output


def build(op: OpSpec, batch_size: int = 1) -> bytes:
    graph = lower(op)
    return quantized_onnx_model(graph, draw_weights(graph, SEED), batch_size, scales_of(op))


def run(op: OpSpec, images: NDArray[np.float32]) -> NDArray[np.float32]:
    scales, graph = scales_of(op), lower(op)
    source, target = scales[graph.source.name].unsigned(), scales[graph.target.name].unsigned()
    session = onnxruntime.InferenceSession(build(op, len(images)), providers=["CPUExecutionProvider"])
    return target.dequantize(session.run(None, {"images": source.quantize(images)})[0])


@pytest.mark.parametrize("op", OPS, ids=format_key)
def test_a_quantised_op_is_as_good_as_the_float_one(op: OpSpec) -> None:
    images = images_of(op.input_shape)
    expected = reference_output(op, draw_weights(lower(op), SEED), images)
    output = run(op, images)
    assert output.shape == expected.shape
    assert snr_db(expected, output) >= LEAST_SNR_DB


@pytest.mark.parametrize("op", OPS[::7], ids=format_key)
def test_a_model_is_valid_and_takes_and_gives_bytes(op: OpSpec) -> None:
    model = onnx.load_from_string(build(op, BATCH_SIZE))
    onnx.checker.check_model(model, full_check=True)
    ends = [model.graph.input[0], model.graph.output[0]]
    assert [end.type.tensor_type.elem_type for end in ends] == [onnx.TensorProto.UINT8] * 2


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("v1-conv_bn_act-8x8x3-out8-k3-s2-g1-relu6", {"QLinearConv"}),
        ("v1-conv_bn_act-8x8x8-out8-k3-s1-g4-none", {"QLinearConv"}),
        ("v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-relu", {"QLinearConv", "QLinearAdd"}),
        ("v1-avg_pool-8x8x4-k3-s2", {"QLinearAveragePool"}),
        ("v1-max_pool-8x8x4-k3-s2", {"MaxPool"}),
        ("v1-classifier-7x7x8-out5", {"QLinearGlobalAveragePool", "Flatten", "QGemm", "Unsqueeze"}),
        ("v1-zero-5x6x4", {"QLinearMul"}),
        # ONNX Runtime has no hard swish of integers.
        (
            "v1-conv_bn_act-8x8x4-out8-k3-s1-g1-hard_swish",
            {"QLinearConv", "DequantizeLinear", "HardSigmoid", "Mul", "QuantizeLinear"},
        ),
    ],
)
def test_onnx_runtime_fuses_the_graph_into_integer_kernels(key: str, expected: set[str], tmp_path: Path) -> None:
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.log_severity_level = 3
    onnxruntime.InferenceSession(build(parse_key(key)), options, providers=["CPUExecutionProvider"])
    nodes = onnx.load(tmp_path / "optimised.onnx").graph.node
    assert {node.op_type for node in nodes} - {"Transpose"} == expected


def test_kernels_leave_room_for_the_16_bit_sums_of_cpus_without_vnni() -> None:
    model = onnx.load_from_string(build(parse_key("v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-relu")))
    kernels = [onnx.numpy_helper.to_array(held) for held in model.graph.initializer if held.name.endswith("_kernel")]
    assert len(kernels) == 3
    assert all(kernel.dtype == np.int8 and np.abs(kernel).max() == 63 for kernel in kernels)
