import numpy as np
import pytest

from device_agents.graphs.calibration import calibrate, draw_feature_maps, number_of_images, ranges_over
from device_agents.graphs.float_forward import float_maps
from device_agents.graphs.lowering import lower
from device_agents.graphs.weights import draw_weights
from latency_service.contract.keys import parse_key
from latency_service.contract.ops import Shape

GRAPH = lower(parse_key("v1-mbconv-7x7x8-out8-k3-s1-e3-skip1-relu6"))


def test_a_range_holds_nearly_all_values_of_images_never_seen() -> None:
    weights = draw_weights(GRAPH, 0)
    ranges = calibrate(GRAPH, weights, seed=0)
    for name, values in float_maps(GRAPH, weights, draw_feature_maps(Shape(7, 7, 8), np.random.default_rng(99))):
        low, high = ranges[name]
        assert np.mean((values < low) | (values > high)) < 1e-4


def test_the_same_seed_calibrates_alike() -> None:
    weights = draw_weights(GRAPH, 0)
    assert calibrate(GRAPH, weights, seed=3) == calibrate(GRAPH, weights, seed=3)
    assert calibrate(GRAPH, weights, seed=3) != calibrate(GRAPH, weights, seed=4)


@pytest.mark.parametrize(("shape", "number"), [(Shape(1, 1, 3), 256), (Shape(7, 7, 320), 17), (Shape(512, 512, 1), 1)])
def test_small_maps_are_seen_in_many_images_and_large_ones_in_few(shape: Shape, number: int) -> None:
    images = draw_feature_maps(shape, np.random.default_rng(0))
    assert len(images) == number_of_images(shape) == number
    assert images.shape[1:] == (shape.channels, shape.height, shape.width)


def test_feature_maps_are_standard_normal_with_a_level_for_each_channel() -> None:
    images = draw_feature_maps(Shape(16, 16, 4), np.random.default_rng(0))
    assert abs(images.mean()) < 0.05
    assert images.std() == pytest.approx(1, abs=0.05)
    assert images.mean(axis=(2, 3)).std() == pytest.approx(0.8, abs=0.05)


def test_ranges_over_several_batches_are_those_over_all_their_images() -> None:
    weights = draw_weights(GRAPH, 0)
    images = draw_feature_maps(Shape(7, 7, 8), np.random.default_rng(1))
    together = ranges_over(GRAPH, weights, [images])
    in_parts = ranges_over(GRAPH, weights, np.array_split(images, 3))
    assert in_parts.keys() == together.keys() == {GRAPH.source.name, *(layer.target.name for layer in GRAPH.layers)}
    assert all(in_parts[name] == pytest.approx(together[name], rel=1e-5) for name in together)
    assert in_parts[GRAPH.source.name] == (images.min(), images.max())
