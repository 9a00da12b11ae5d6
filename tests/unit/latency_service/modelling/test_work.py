import pytest

from latency_service.contract.keys import parse_key
from latency_service.contract.ops import OpSpec
from latency_service.modelling.work import Layer, layers_of

KEYS = (
    "v1-conv_bn_act-32x32x3-out16-k3-s2-g1-relu6",
    "v1-conv_bn_act-8x8x32-out64-k1-s1-g1-relu6",
    "v1-conv_bn_act-8x8x32-out32-k3-s1-g32-relu6",
    "v1-conv_bn_act-8x8x32-out64-k3-s1-g4-relu6",
    "v1-mbconv-15x15x16-out24-k5-s2-e6-skip0-relu6",
    "v1-mbconv-16x16x32-out16-k3-s1-e1-skip0-relu6",
    "v1-sep_conv-16x16x16-out24-k5-s1-d2-relu6",
    "v1-classifier-7x7x1280-out1000",
    "v1-avg_pool-8x8x16-k3-s2",
    "v1-identity-8x8x4",
    "v1-zero-8x8x4",
)


@pytest.mark.parametrize("op", list(map(parse_key, KEYS)), ids=KEYS)
def test_layers_do_what_their_op_does(op: OpSpec) -> None:
    assert sum(layer.macs for layer in layers_of(op)) == op.macs


def test_a_block_is_three_convolutions_and_the_addition_of_its_skip() -> None:
    assert layers_of(parse_key("v1-mbconv-8x8x10-out10-k5-s1-e3-skip1-relu6")) == (
        Layer("pointwise", macs=64 * 300, weights=300, read=640, written=1920),
        Layer("depthwise", macs=64 * 25 * 30, weights=750, read=1920, written=1920, window=5),
        Layer("pointwise", macs=64 * 300, weights=300, read=1920, written=640),
        Layer("elementwise", macs=0, weights=0, read=1280, written=640),
    )


def test_a_stride_shrinks_what_follows_it() -> None:
    _, depthwise, projection = layers_of(parse_key("v1-mbconv-8x8x10-out20-k3-s2-e3-skip0-relu6"))
    assert (depthwise.read, depthwise.written, projection.read, projection.written) == (1920, 480, 480, 320)


def test_only_zero_has_no_layers() -> None:
    assert [key for key in KEYS if not layers_of(parse_key(key))] == ["v1-zero-8x8x4"]
