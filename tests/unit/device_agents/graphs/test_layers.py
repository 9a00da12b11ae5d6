import pytest

from device_agents.graphs.layers import ConvLayer, FeatureMap, Window
from latency_service.contract.ops import Shape


@pytest.mark.parametrize(
    ("window", "padding", "reach"),
    [
        (Window(1), 0, 1),
        (Window(3), 1, 3),
        (Window(7, stride=2), 3, 7),
        (Window(3, dilation=2), 2, 5),
        (Window(5, dilation=3), 6, 13),
    ],
)
def test_a_window_pads_half_its_reach_on_every_side(window: Window, padding: int, reach: int) -> None:
    assert (window.padding, window.reach) == (padding, reach)


@pytest.mark.parametrize(
    ("in_channels", "out_channels", "groups", "is_depthwise"),
    [(8, 8, 8, True), (8, 16, 8, True), (8, 8, 4, False), (8, 8, 1, False), (1, 4, 1, False)],
)
def test_a_convolution_is_depthwise_where_each_group_is_one_channel(
    in_channels: int, out_channels: int, groups: int, is_depthwise: bool
) -> None:
    source, target = FeatureMap("in", Shape(4, 4, in_channels)), FeatureMap("out", Shape(4, 4, out_channels))
    layer = ConvLayer(source, target, Window(3), groups, "relu6")
    assert layer.is_depthwise is is_depthwise
    assert layer.kernel_shape == (out_channels, in_channels // groups, 3, 3)
