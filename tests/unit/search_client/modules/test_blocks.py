import pytest
import torch
from torch import nn

from latency_service.contract.keys import format_key
from latency_service.contract.ops import (
    AvgPool,
    Classifier,
    ConvBnAct,
    Identity,
    MaxPool,
    MBConv,
    OpSpec,
    SepConv,
    Zero,
)
from search_client.modules.blocks import build_op

SIZE = {"input_height": 9, "input_width": 6, "in_channels": 8}
OPS = [
    ConvBnAct(**SIZE, out_channels=12, kernel_size=3, stride=2),
    ConvBnAct(**SIZE, out_channels=16, kernel_size=1, groups=4, activation="hard_swish"),
    MBConv(**SIZE, out_channels=8, kernel_size=5, stride=1, expand_ratio=6, has_skip=True),
    MBConv(**SIZE, out_channels=12, kernel_size=7, stride=2, expand_ratio=3, has_skip=False, activation="relu"),
    MBConv(**SIZE, out_channels=8, kernel_size=3, stride=1, expand_ratio=1, has_skip=False),
    SepConv(**SIZE, out_channels=12, kernel_size=3, stride=2, dilation=2),
    AvgPool(**SIZE, kernel_size=3, stride=2),
    MaxPool(**SIZE, kernel_size=3, stride=1),
    SepConv(**SIZE, out_channels=8, kernel_size=3, dilation=2, has_skip=True),
    AvgPool(**SIZE, kernel_size=3, has_skip=True),
    Identity(**SIZE),
    Zero(**SIZE),
    Classifier(**SIZE, num_classes=5),
]


@pytest.mark.parametrize("op", OPS, ids=str)
def test_a_module_has_as_many_parameters_as_its_op_says(op: OpSpec) -> None:
    assert sum(param.numel() for param in build_op(op).parameters()) == op.parameters


@pytest.mark.parametrize("op", OPS, ids=str)
def test_a_module_gives_the_shape_that_its_op_says(op: OpSpec) -> None:
    output = build_op(op)(torch.randn(2, 8, 9, 6))
    height, width, channels = op.output_shape
    expected = (2, channels) if isinstance(op, Classifier) else (2, channels, height, width)
    assert output.shape == expected


def test_every_batch_normalisation_is_set_as_released() -> None:
    norms = [layer for op in OPS for layer in build_op(op).modules() if isinstance(layer, nn.BatchNorm2d)]
    assert {(norm.momentum, norm.eps) for norm in norms} == {(0.1, 1e-3)}


@pytest.mark.parametrize(
    "op",
    [
        MBConv(**SIZE, out_channels=8, kernel_size=3, expand_ratio=3, has_skip=True),
        SepConv(**SIZE, out_channels=8, kernel_size=5, has_skip=True),
        AvgPool(**SIZE, kernel_size=3, has_skip=True),
        MaxPool(**SIZE, kernel_size=3, has_skip=True),
    ],
    ids=format_key,
)
def test_a_skip_adds_the_input(op: OpSpec) -> None:
    with_skip, without = build_op(op), build_op(op.model_copy(update={"has_skip": False}))
    without.load_state_dict(with_skip.state_dict())
    x = torch.randn(2, 8, 9, 6)
    torch.testing.assert_close(with_skip(x), without(x) + x)


def test_an_mbconvs_last_convolution_alone_has_no_activation() -> None:
    x = torch.randn(2, 8, 9, 6)
    linear = build_op(MBConv(**SIZE, out_channels=8, kernel_size=3, expand_ratio=3, has_skip=False))(x)
    activated = build_op(SepConv(**SIZE, out_channels=8, kernel_size=3))(x)
    assert linear.min() < 0 <= activated.min()
    layers = [type(each) for each in build_op(OPS[2]).modules()]
    assert layers.count(nn.ReLU6) == 2


@pytest.mark.parametrize(("kernel_size", "dilation", "reach"), [(3, 1, 1), (5, 1, 2), (3, 2, 2)])
def test_a_depthwise_separable_convolution_reaches_as_far_as_its_kernel_and_dilation(
    kernel_size: int, dilation: int, reach: int
) -> None:
    module = build_op(SepConv(**SIZE, out_channels=8, kernel_size=kernel_size, dilation=dilation, activation="none"))
    x = torch.randn(1, 8, 9, 6, requires_grad=True)
    (slope,) = torch.autograd.grad(module.eval()(x)[0, :, 4, 3].sum(), x)
    rows, columns = (sorted(set(places.tolist())) for places in slope.abs().sum((0, 1)).nonzero(as_tuple=True))
    assert rows == list(range(4 - reach, 4 + reach + 1, dilation))
    assert columns == list(range(3 - reach, min(6, 3 + reach + 1), dilation))


def test_average_pooling_does_not_count_the_padding() -> None:
    ones = torch.ones(1, 8, 9, 6)
    torch.testing.assert_close(build_op(AvgPool(**SIZE, kernel_size=3))(ones), ones)


def test_zero_hands_its_input_on() -> None:
    x = torch.randn(2, 8, 9, 6)
    assert torch.equal(build_op(Zero(**SIZE))(x), x)
