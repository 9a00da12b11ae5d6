import numpy as np

from device_agents.graphs.lowering import lower
from device_agents.graphs.weights import draw_weights, weight_bytes
from latency_service.contract.keys import parse_key
from latency_service.contract.named_networks import named_network
from tests.unit.device_agents.graphs.reference import reference_output

GRAPH = lower(parse_key("v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-relu6"))


def test_the_same_seed_draws_the_same_weights() -> None:
    first, second = draw_weights(GRAPH, 3), draw_weights(GRAPH, 3)
    assert first.keys() == second.keys()
    for name in first:
        assert np.array_equal(first[name].kernel, second[name].kernel)
        assert np.array_equal(first[name].bias, second[name].bias)


def test_another_seed_draws_other_weights_for_every_layer() -> None:
    first, second = draw_weights(GRAPH, 3), draw_weights(GRAPH, 4)
    assert not any(np.array_equal(first[name].kernel, second[name].kernel) for name in first)


def test_two_layers_of_one_shape_differ() -> None:
    network = named_network("mobilenet-v2", resolution=32)
    drawn = [
        weights.kernel
        for weights in draw_weights(lower(network), 0).values()
        if weights.kernel.shape == (576, 96, 1, 1)
    ]
    assert len(drawn) >= 2
    assert not np.array_equal(drawn[0], drawn[1])


def test_weights_are_float32_of_the_layers_shapes_and_their_bytes_are_known_beforehand() -> None:
    weights = draw_weights(GRAPH, 0)
    for layer in GRAPH.weighted_layers:
        held = weights[layer.target.name]
        assert held.kernel.dtype == held.bias.dtype == np.float32
        assert held.kernel.shape == layer.kernel_shape
        assert held.bias.shape == layer.kernel_shape[:1]
    assert weight_bytes(GRAPH) == sum(held.kernel.nbytes + held.bias.nbytes for held in weights.values())


def test_activations_stay_of_order_one_through_a_whole_network() -> None:
    network = named_network("proxyless-mobile", resolution=32, num_classes=100)
    images = np.random.default_rng(0).standard_normal((1, 3, 32, 32)).astype(np.float32)
    logits = reference_output(network, draw_weights(lower(network), 0), images)
    assert 0.1 < logits.std() < 10
