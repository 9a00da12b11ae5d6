import numpy as np
import pytest

from device_agents.graphs.lowering import lower
from device_agents.graphs.quantization import MapScale, map_scales, quantize_weights, scale_of_range
from device_agents.graphs.weights import LayerWeights
from latency_service.contract.keys import parse_key


@pytest.mark.parametrize(("low", "high"), [(-1.0, 3.0), (0.0, 6.0), (-5.0, -1.0), (0.5, 2.0), (-1e-3, 1e3)])
def test_a_range_is_stored_to_within_half_a_step_and_zero_exactly(low: float, high: float) -> None:
    scale = scale_of_range(low, high)
    values = np.linspace(low, high, 1001, dtype=np.float32)
    assert -128 <= scale.zero_point <= 127
    assert np.abs(scale.dequantize(scale.quantize(values)) - values).max() <= 1.01 * scale.scale
    assert scale.dequantize(scale.quantize(np.zeros(1, np.float32)))[0] == 0
    inner = values[10:-10]
    assert np.abs(scale.dequantize(scale.quantize(inner)) - inner).max() <= 0.51 * scale.scale


def test_values_beyond_the_range_are_stored_as_its_ends() -> None:
    scale = scale_of_range(0.0, 6.0)
    np.testing.assert_array_equal(scale.quantize(np.array([-9, 99], np.float32)), [-128, 127])


def test_a_map_of_zeros_has_a_scale_nevertheless() -> None:
    assert scale_of_range(0.0, 0.0) == MapScale(1.0, -128)


def test_the_unsigned_twin_stands_for_the_same_values() -> None:
    signed = scale_of_range(-1.0, 3.0)
    unsigned = signed.unsigned()
    values = np.linspace(-2, 4, 301, dtype=np.float32)
    assert (signed.dtype.name, unsigned.dtype.name) == ("int8", "uint8")
    np.testing.assert_array_equal(unsigned.quantize(values).astype(int), signed.quantize(values).astype(int) + 128)
    np.testing.assert_array_equal(
        unsigned.dequantize(unsigned.quantize(values)), signed.dequantize(signed.quantize(values))
    )
    assert unsigned.unsigned() == unsigned


def test_each_output_channel_uses_all_steps() -> None:
    kernel = np.array([[[[1.0, -0.5]]], [[[100.0, 50.0]]]], np.float32)
    stored = quantize_weights(LayerWeights(kernel, np.array([0.1, -2], np.float32)), MapScale(0.5, 3))
    np.testing.assert_array_equal(stored.kernel.reshape(2, 2), [[127, -64], [127, 64]])
    np.testing.assert_allclose(stored.bias * stored.bias_scales, [0.1, -2], rtol=0.02)
    np.testing.assert_allclose(stored.bias_scales, stored.kernel_scales * 0.5)
    assert (stored.kernel.dtype.name, stored.bias.dtype.name) == ("int8", "int32")


def test_one_scale_serves_all_channels_where_it_must() -> None:
    kernel = np.array([[1.0, -0.5], [100.0, 50.0]], np.float32)
    stored = quantize_weights(LayerWeights(kernel, np.zeros(2, np.float32)), MapScale(1.0, 0), per_channel=False)
    assert stored.kernel_scales.shape == stored.bias_scales.shape == (1,)
    np.testing.assert_array_equal(stored.kernel, [[1, -1], [127, 64]])


def test_a_kernel_keeps_to_fewer_bits_where_it_must_and_an_empty_channel_stays_empty() -> None:
    kernel = np.array([[5.0, -2.0], [0.0, 0.0]], np.float32)
    stored = quantize_weights(LayerWeights(kernel, np.zeros(2, np.float32)), MapScale(1.0, 0), limit=63)
    np.testing.assert_array_equal(stored.kernel, [[63, -25], [0, 0]])


@pytest.mark.parametrize("size", [1e-4, 1e-7, 1e-30, 0.0])
def test_the_bias_of_a_channel_whose_kernel_has_all_but_died_still_fits(size: float) -> None:
    kernel = np.array([[1.0, -0.5], [size, -size]], np.float32)
    stored = quantize_weights(LayerWeights(kernel, np.array([0.1, -2.0], np.float32)), MapScale(0.01, 3))
    np.testing.assert_allclose(stored.bias * stored.bias_scales, [0.1, -2.0], rtol=0.01)
    assert np.abs(stored.bias.astype(np.int64)).max() <= 1.001 * 2**30
    np.testing.assert_array_equal(stored.kernel[0], [127, -64])
    assert np.abs(stored.kernel[1] * stored.kernel_scales[1] - kernel[1]).max() <= 1.01 * stored.kernel_scales[1] / 2


def test_a_pool_keeps_its_sources_scale() -> None:
    graph = lower(parse_key("v1-avg_pool-8x8x4-k3-s1"))
    scales = map_scales(graph, {"images": (-1.0, 4.0), "op0_pool": (-0.1, 0.4)})
    assert scales["op0_pool"] == scales["images"] == scale_of_range(-1.0, 4.0)


def test_no_steps_are_spent_where_a_swish_is_zero() -> None:
    graph = lower(parse_key("v1-conv_bn_act-8x8x4-out4-k3-s1-g1-hard_swish"))
    ranges = {"images": (-1.0, 1.0), "op0_conv_convolved": (-40.0, 9.0), "op0_conv": (-0.4, 9.0)}
    assert map_scales(graph, ranges)["op0_conv_convolved"] == scale_of_range(-3.0, 9.0)
