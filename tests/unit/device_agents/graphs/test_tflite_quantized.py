from importlib import import_module
from importlib.util import find_spec

import pytest
import tflite

from device_agents.graphs.lowering import lower
from device_agents.graphs.tflite_quantized import quantized_tflite_model
from device_agents.graphs.weights import draw_weights
from latency_service.contract.keys import format_key, parse_key
from latency_service.contract.ops import OpSpec
from tests.unit.device_agents.graphs.accuracy import BATCH_SIZE, LEAST_SNR_DB, SEED, images_of, scales_of, snr_db
from tests.unit.device_agents.graphs.cases import OPS
from tests.unit.device_agents.graphs.reference import reference_output

#: Without delegates, too; `tflite_runtime` has none for bytes.
ENGINES = [
    (package, resolver)
    for package, resolver in (
        ("ai_edge_litert", "AUTO"),
        ("ai_edge_litert", "BUILTIN_WITHOUT_DEFAULT_DELEGATES"),
        ("tflite_runtime", "AUTO"),
    )
    if find_spec(package)
]
#: TFLite averages over the padding, too, and in the steps of the source; here 43 of 49 pixels are padding, and what is
#: left of the signal is multiplied by eight.
LEAST_SNR_DB_OF = {"v1-avg_pool-2x3x4-k7-s2": 20.0}


def build(op: OpSpec, batch_size: int = 1) -> bytes:
    graph = lower(op)
    return quantized_tflite_model(graph, draw_weights(graph, SEED), batch_size, scales_of(op))


@pytest.mark.parametrize(("package", "resolver"), ENGINES)
@pytest.mark.parametrize("op", OPS, ids=format_key)
def test_a_quantised_op_is_as_good_as_the_float_one(op: OpSpec, package: str, resolver: str) -> None:
    module, scales, graph = import_module(f"{package}.interpreter"), scales_of(op), lower(op)
    images = images_of(op.input_shape)
    interpreter = module.Interpreter(
        model_content=build(op, BATCH_SIZE),
        experimental_op_resolver_type=getattr(module.OpResolverType, resolver),
    )
    stored = scales[graph.source.name].quantize(images.transpose(0, 2, 3, 1))
    output = interpreter.get_signature_runner()(images=stored)[graph.target.name]
    expected = reference_output(op, draw_weights(graph, SEED), images)
    values = scales[graph.target.name].dequantize(output).transpose(0, 3, 1, 2)
    assert values.shape == expected.shape
    assert snr_db(expected, values) >= LEAST_SNR_DB_OF.get(format_key(op), LEAST_SNR_DB)


def read(key: str) -> "tflite.SubGraph":
    return tflite.Model.GetRootAsModel(build(parse_key(key)), 0).Subgraphs(0)


def steps(graph: "tflite.SubGraph", name: str) -> tuple[list[float], list[int], int]:
    for index in range(graph.TensorsLength()):
        if graph.Tensors(index).Name().decode() == name:
            found = graph.Tensors(index).Quantization()
            return found.ScaleAsNumpy().tolist(), found.ZeroPointAsNumpy().tolist(), found.QuantizedDimension()
    raise AssertionError(f"no tensor is called {name}")


def test_maps_and_kernels_are_bytes_and_biases_are_wide() -> None:
    graph = read("v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-relu6")
    kinds = {
        graph.Tensors(index).Name().decode(): graph.Tensors(index).Type() for index in range(graph.TensorsLength())
    }
    biases = {name for name in kinds if name.endswith("_bias")}
    assert {kinds[name] for name in biases} == {tflite.TensorType.INT32}
    assert {kinds[name] for name in kinds.keys() - biases} == {tflite.TensorType.INT8}


@pytest.mark.parametrize(("part", "axis"), [("expand", 0), ("depthwise", 3), ("project", 0)])
def test_kernels_have_a_scale_for_each_output_channel(part: str, axis: int) -> None:
    graph = read("v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-relu6")
    scales, zero_points, along = steps(graph, f"op0_{part}_kernel")
    assert len(scales) == (8 if part == "project" else 24)
    assert set(zero_points) == {0}
    assert along == axis
    source = {"expand": "images", "depthwise": "op0_expand", "project": "op0_depthwise"}[part]
    (source_scale,), _, _ = steps(graph, source)
    bias_scales, _, _ = steps(graph, f"op0_{part}_bias")
    assert bias_scales == pytest.approx([scale * source_scale for scale in scales])


def test_a_matrix_has_one_scale() -> None:
    scales, _, _ = steps(read("v1-classifier-7x7x8-out5"), "op0_linear_kernel")
    assert len(scales) == 1


@pytest.mark.parametrize("key", ["v1-max_pool-8x8x4-k3-s2", "v1-avg_pool-8x8x4-k3-s2"])
def test_padding_stays_in_the_steps_of_the_map(key: str) -> None:
    graph = read(key)
    assert steps(graph, "op0_pool_padded") == steps(graph, "op0_pool") == steps(graph, "images")


def test_operators_have_the_versions_that_know_bytes() -> None:
    model = tflite.Model.GetRootAsModel(build(parse_key("v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-hard_swish")), 0)
    codes = [model.OperatorCodes(index) for index in range(model.OperatorCodesLength())]
    assert {(code.BuiltinCode(), code.Version()) for code in codes} == {
        (tflite.BuiltinOperator.CONV_2D, 6),
        (tflite.BuiltinOperator.DEPTHWISE_CONV_2D, 3),
        (tflite.BuiltinOperator.HARD_SWISH, 1),
        (tflite.BuiltinOperator.ADD, 2),
    }


def test_a_stored_weight_takes_one_byte() -> None:
    assert 64 * 64 < len(build(parse_key("v1-conv_bn_act-1x1x64-out64-k1-s1-g1-none"))) < 2 * 64 * 64
