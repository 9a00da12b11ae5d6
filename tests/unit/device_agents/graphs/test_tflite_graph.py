import numpy as np
import pytest
import tflite
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from device_agents.graphs.lowering import lower
from device_agents.graphs.tflite_graph import tflite_model
from device_agents.graphs.weights import draw_weights
from latency_service.contract.keys import format_key, parse_key
from latency_service.contract.ops import OpSpec
from tests.unit.device_agents.graphs.cases import OPS
from tests.unit.device_agents.graphs.reference import reference_output

NAMES = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}


def build(key: str, batch_size: int = 1) -> "tflite.Model":
    graph = lower(parse_key(key))
    return tflite.Model.GetRootAsModel(tflite_model(graph, draw_weights(graph, 0), batch_size), 0)


def operators(key: str) -> list[str]:
    model = build(key)
    graph = model.Subgraphs(0)
    indices = [graph.Operators(index).OpcodeIndex() for index in range(graph.OperatorsLength())]
    return [NAMES[model.OperatorCodes(index).BuiltinCode()] for index in indices]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("v1-conv_bn_act-8x8x3-out8-k3-s1-g1-relu6", ["CONV_2D"]),
        ("v1-conv_bn_act-7x7x3-out8-k3-s2-g1-relu6", ["CONV_2D"]),
        ("v1-conv_bn_act-8x8x3-out8-k3-s2-g1-relu", ["PAD", "CONV_2D"]),
        ("v1-conv_bn_act-8x8x3-out8-k3-s1-g1-hard_swish", ["CONV_2D", "HARD_SWISH"]),
        ("v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-relu6", ["CONV_2D", "DEPTHWISE_CONV_2D", "CONV_2D", "ADD"]),
        ("v1-mbconv-8x8x8-out4-k5-s2-e1-skip0-relu6", ["PAD", "DEPTHWISE_CONV_2D", "CONV_2D"]),
        ("v1-conv_bn_act-8x8x8-out8-k3-s1-g4-none", ["CONV_2D"]),
        ("v1-avg_pool-8x8x4-k3-s1", ["AVERAGE_POOL_2D"]),
        ("v1-avg_pool-8x8x4-k3-s2", ["PAD", "AVERAGE_POOL_2D", "MUL"]),
        ("v1-max_pool-7x7x4-k3-s2", ["MAX_POOL_2D"]),
        ("v1-max_pool-8x8x4-k3-s2", ["PADV2", "MAX_POOL_2D"]),
        ("v1-classifier-7x7x8-out5", ["MEAN", "FULLY_CONNECTED"]),
    ],
)
def test_padding_is_an_operator_only_where_same_will_not_do(key: str, expected: list[str]) -> None:
    assert operators(key) == expected


@pytest.mark.parametrize(
    ("activation", "fused"), [("relu6", "RELU6"), ("relu", "RELU"), ("hard_swish", "NONE"), ("none", "NONE")]
)
def test_rectifiers_are_fused_into_the_convolution(activation: str, fused: str) -> None:
    convolution = build(f"v1-conv_bn_act-8x8x3-out8-k3-s1-g1-{activation}").Subgraphs(0).Operators(0)
    options = tflite.Conv2DOptions()
    options.Init(convolution.BuiltinOptions().Bytes, convolution.BuiltinOptions().Pos)
    assert options.FusedActivationFunction() == getattr(tflite.ActivationFunctionType, fused)


def test_images_come_with_channels_last_and_the_batch_size_asked_for() -> None:
    graph = build("v1-conv_bn_act-6x7x3-out8-k3-s1-g1-relu6", batch_size=5).Subgraphs(0)
    assert graph.Tensors(graph.Inputs(0)).ShapeAsNumpy().tolist() == [5, 6, 7, 3]
    assert graph.Tensors(graph.Outputs(0)).ShapeAsNumpy().tolist() == [5, 6, 7, 8]


@pytest.mark.parametrize("op", OPS, ids=format_key)
def test_tflites_own_kernels_run_every_op_where_there_is_no_xnnpack(op: OpSpec) -> None:
    graph = lower(op)
    weights = draw_weights(graph, 0)
    interpreter = Interpreter(
        model_content=tflite_model(graph, weights, 1),
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    images = np.random.default_rng(1).normal(0, 4, (1, *op.input_shape)).astype(np.float32)
    output = interpreter.get_signature_runner()(images=images)[graph.target.name].transpose(0, 3, 1, 2)
    expected = reference_output(op, weights, images.transpose(0, 3, 1, 2))
    assert output.shape == expected.shape
    assert np.abs(output - expected).max() <= 1e-4 * np.abs(expected).max()
