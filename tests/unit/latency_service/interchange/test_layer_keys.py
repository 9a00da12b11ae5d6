import pytest
from hypothesis import given

from latency_service.contract.ops import Classifier, ConvBnAct, MBConv, OpSpec
from latency_service.interchange.cells import RowRefused
from latency_service.interchange.layer_keys import Activations, format_layer, parse_layer, to_op
from tests.strategies import possible_ops

RELU6: Activations = {"Conv": "relu6", "expanded_conv": "relu6", "Conv_1": "relu6"}


def op_of(key: str) -> OpSpec:
    layer = parse_layer(key)
    return to_op(layer, layer.fields.get("expand", 1), RELU6)


@pytest.mark.parametrize(
    ("key", "op"),
    [
        (
            "expanded_conv-input:112x112x16-output:56x56x24-expand:6-kernel:3-stride:2-idskip:0",
            MBConv(
                input_height=112,
                input_width=112,
                in_channels=16,
                out_channels=24,
                kernel_size=3,
                stride=2,
                expand_ratio=6,
                has_skip=False,
            ),
        ),
        (
            "Conv-input:224x224x3-output:112x112x32",
            ConvBnAct(input_height=224, input_width=224, in_channels=3, out_channels=32, kernel_size=3, stride=2),
        ),
        (
            "Conv_1-input:7x7x320-output:7x7x1280",
            ConvBnAct(input_height=7, input_width=7, in_channels=320, out_channels=1280, kernel_size=1),
        ),
        (
            "Logits-input:7x7x1280-output:1000",
            Classifier(input_height=7, input_width=7, in_channels=1280, num_classes=1000),
        ),
    ],
)
def test_each_published_key_is_the_op_that_it_names(key: str, op: OpSpec) -> None:
    assert op_of(key) == op
    assert format_layer(op) == key


@given(possible_ops())
def test_an_op_that_has_a_key_is_found_again_by_it(op: OpSpec) -> None:
    key = format_layer(op)
    assert key is None or op_of(key) == op


def test_height_comes_before_width() -> None:
    op = op_of("Conv_1-input:7x5x320-output:7x5x1280")
    assert (op.input_height, op.input_width) == (7, 5)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("Conv-input:224x224x3-output:224x224x32", "gives 112x112x32"),
        ("Conv-input:224x224x16-output:112x112x32", "takes 3 channels"),
        ("Conv_1-input:7x7x320-output:4x4x1280", "gives 7x7x1280"),
        ("Conv_9-input:7x7x320-output:4x4x1280", "unknown layer type"),
        ("AvgPool2D-input:7x7x960-output:1x1x960", "pools the whole map"),
        ("expanded_conv-input:8x8x8-output:8x8x8-expand:6-kernel:3-stride:1-idskip:2", "must be 0 or 1"),
        ("expanded_conv-input:8x8x8-output:8x8x8-expand:6-kernel:3-stride:0-idskip:0", "stride must lie"),
        ("expanded_conv-input:8x8x8-output:8x8x8-kernel:3-expand:6-stride:1-idskip:0", "the key of a expanded_conv"),
        ("Logits-input:7x7x1280-output:1e3", "is no whole number"),
        ("Conv-input:224x224-output:112x112x32", "is not HEIGHTxWIDTHxCHANNELS"),
        ("", "unknown layer type"),
        ("Conv-" + "x" * 300, "at most 200 characters"),
    ],
)
def test_a_key_that_is_no_op_is_refused_with_the_reason(key: str, reason: str) -> None:
    with pytest.raises(RowRefused, match=reason):
        op_of(key)


def test_an_activation_that_nobody_tells_is_not_guessed() -> None:
    with pytest.raises(RowRefused, match="--activation Conv=relu"):
        to_op(parse_layer("Conv-input:224x224x3-output:112x112x32"), 1, {})
