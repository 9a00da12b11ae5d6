from typing import Any

import pytest

from latency_service.contract.errors import ImpossibleOp
from latency_service.contract.ops import (
    AvgPool,
    Classifier,
    ConvBnAct,
    Identity,
    MBConv,
    OpSpec,
    SepConv,
    Shape,
    Zero,
)

SIZE = {"input_height": 8, "input_width": 8, "in_channels": 16}
MBCONV = {**SIZE, "out_channels": 16, "kernel_size": 3, "expand_ratio": 6, "has_skip": True}


@pytest.mark.parametrize(
    ("op_class", "fields", "rule"),
    [
        (MBConv, {**MBCONV, "stride": 2}, "has_skip needs stride 1"),
        (MBConv, {**MBCONV, "out_channels": 24}, "has_skip needs equal channels"),
        (SepConv, {**SIZE, "out_channels": 24, "kernel_size": 3, "has_skip": True}, "has_skip needs equal channels"),
        (AvgPool, {**SIZE, "kernel_size": 3, "stride": 2, "has_skip": True}, "has_skip needs stride 1"),
        (MBConv, {**MBCONV, "kernel_size": 4}, "kernel_size must be odd"),
        (MBConv, {**MBCONV, "expand_ratio": 0}, "expand_ratio must lie between"),
        (MBConv, {**MBCONV, "in_channels": -16}, "in_channels must lie between"),
        (SepConv, {**SIZE, "out_channels": 16, "kernel_size": 5, "dilation": 2}, "reaches 9 pixels"),
        (ConvBnAct, {**SIZE, "out_channels": 24, "kernel_size": 3, "groups": 16}, "not divisible by groups"),
        (ConvBnAct, {**SIZE, "out_channels": 32, "kernel_size": 3, "groups": 3}, "not divisible by groups"),
        (AvgPool, {**SIZE, "kernel_size": 2}, "kernel_size must be odd"),
        (Zero, {**SIZE, "input_width": 0}, "input_width must lie between"),
        (Classifier, {**SIZE, "num_classes": 70_000}, "num_classes must lie between"),
    ],
)
def test_an_impossible_op_is_refused_with_the_rule_it_breaks(
    op_class: type[OpSpec], fields: dict[str, Any], rule: str
) -> None:
    with pytest.raises(ImpossibleOp, match=rule) as refused:
        op_class(**fields)
    assert op_class.kind in str(refused.value)


def test_a_dilated_op_that_just_fits_is_allowed() -> None:
    assert SepConv(**SIZE, out_channels=16, kernel_size=3, dilation=3).output_shape == Shape(8, 8, 16)


def test_counts_of_an_mbconv_follow_its_three_convolutions() -> None:
    op = MBConv(
        input_height=7,
        input_width=9,
        in_channels=4,
        out_channels=10,
        kernel_size=5,
        stride=2,
        expand_ratio=3,
        has_skip=False,
    )
    assert op.output_shape == Shape(4, 5, 10)
    expansion, depthwise, projection = 4 * 12, 25 * 12, 12 * 10
    assert op.macs == expansion * 7 * 9 + (depthwise + projection) * 4 * 5
    assert op.parameters == expansion + depthwise + projection + 2 * (12 + 12 + 10)


def test_expand_ratio_one_has_no_expansion_convolution() -> None:
    op = MBConv(**SIZE, out_channels=8, kernel_size=3, expand_ratio=1, has_skip=False)
    assert op.macs == (9 * 16 + 16 * 8) * 64
    assert op.parameters == 9 * 16 + 16 * 8 + 2 * (16 + 8)


def test_counts_of_the_other_kinds() -> None:
    conv = ConvBnAct(**SIZE, out_channels=32, kernel_size=3, stride=2, groups=4)
    assert (conv.macs, conv.parameters) == (9 * 4 * 32 * 16, 9 * 4 * 32 + 64)
    sep = SepConv(**SIZE, out_channels=32, kernel_size=3)
    assert (sep.macs, sep.parameters) == ((9 * 16 + 16 * 32) * 64, 9 * 16 + 16 * 32 + 2 * 48)
    classifier = Classifier(**SIZE, num_classes=10)
    assert (classifier.macs, classifier.parameters) == (160, 170)
    for free in (Identity(**SIZE), Zero(**SIZE), AvgPool(**SIZE, kernel_size=3, stride=2)):
        assert (free.macs, free.parameters) == (0, 0)
    assert AvgPool(**SIZE, kernel_size=3, stride=2).output_shape == Shape(4, 4, 16)
