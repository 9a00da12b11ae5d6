import numpy as np
import pytest

from device_agents.graphs.float_forward import float_maps
from device_agents.graphs.lowering import lower
from device_agents.graphs.weights import draw_weights
from latency_service.contract.keys import format_key, parse_key
from latency_service.contract.named_networks import named_network
from latency_service.contract.network import Workload
from tests.unit.device_agents.graphs.cases import OPS
from tests.unit.device_agents.graphs.reference import reference_output

NETWORK = named_network("mobilenet-v2", resolution=32, num_classes=10)


@pytest.mark.parametrize("workload", [*OPS, NETWORK], ids=lambda it: format_key(it) if it in OPS else "network")
def test_the_last_map_is_what_the_reference_gives(workload: Workload) -> None:
    graph = lower(workload)
    weights = draw_weights(graph, 0)
    height, width, channels = workload.input_shape
    images = np.random.default_rng(1).normal(0, 4, (2, channels, height, width)).astype(np.float32)
    *_, (name, values) = float_maps(graph, weights, images)
    expected = reference_output(workload, weights, images)
    assert name == graph.target.name
    assert values.dtype == np.float32
    np.testing.assert_allclose(values.transpose(1, 0, 2, 3), expected, atol=1e-4 * np.abs(expected).max())


def test_every_map_comes_in_order_and_a_swish_shows_what_it_was_given() -> None:
    graph = lower(parse_key("v1-mbconv-5x5x4-out4-k3-s1-e2-skip1-hard_swish"))
    weights = draw_weights(graph, 0)
    images = np.random.default_rng(1).normal(0, 4, (1, 4, 5, 5)).astype(np.float32)
    maps = dict(float_maps(graph, weights, images))
    assert list(maps) == [
        "images",
        "op0_expand_convolved",
        "op0_expand",
        "op0_depthwise_convolved",
        "op0_depthwise",
        "op0_project",
        "op0_add",
    ]
    np.testing.assert_array_equal(maps["op0_add"], maps["op0_project"] + maps["images"])
    before, after = maps["op0_expand_convolved"], maps["op0_expand"]
    np.testing.assert_array_equal(after[before <= -3], 0)
    np.testing.assert_allclose(after[before >= 3], before[before >= 3], rtol=1e-6)
