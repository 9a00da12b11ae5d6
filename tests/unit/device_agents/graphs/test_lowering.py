import math
from itertools import pairwise

import pytest

from device_agents.graphs.layers import AddLayer, ConvLayer, CopyLayer, Graph, LinearLayer
from device_agents.graphs.lowering import lower
from latency_service.contract.errors import InvalidInput
from latency_service.contract.keys import format_key, parse_key
from latency_service.contract.named_networks import named_network, network_names
from latency_service.contract.network import NetworkSpec
from latency_service.contract.ops import OpSpec
from tests.unit.device_agents.graphs.cases import OPS


def macs(graph: Graph) -> int:
    return sum(
        math.prod(layer.kernel_shape) * layer.target.shape.height * layer.target.shape.width
        for layer in graph.weighted_layers
    )


def parameters(graph: Graph) -> int:
    """Count as the contract does: two a channel for a normalisation behind a convolution, a bias in a linear layer."""
    return sum(
        math.prod(layer.kernel_shape) + layer.kernel_shape[0] * (2 if isinstance(layer, ConvLayer) else 1)
        for layer in graph.weighted_layers
    )


@pytest.mark.parametrize("op", OPS, ids=format_key)
def test_the_layers_of_an_op_have_its_shapes_macs_and_parameters(op: OpSpec) -> None:
    graph = lower(op)
    assert graph.source.shape == op.input_shape
    assert graph.target.shape == op.output_shape
    assert (macs(graph), parameters(graph)) == (op.macs, op.parameters)


@pytest.mark.parametrize("name", network_names())
def test_the_layers_of_a_network_have_its_shapes_macs_and_parameters(name: str) -> None:
    network = named_network(name)
    graph = lower(network)
    assert (graph.source.shape, graph.target.shape) == (network.input_shape, network.output_shape)
    assert (macs(graph), parameters(graph)) == (network.macs, network.parameters)


def test_each_layer_takes_what_the_one_before_gives_under_a_name_of_its_own() -> None:
    layers = lower(named_network("mobilenet-v2")).layers
    assert all(before.target == after.source for before, after in pairwise(layers))
    assert len({layer.target.name for layer in layers}) == len(layers)


def test_a_skip_adds_the_blocks_input() -> None:
    graph = lower(parse_key("v1-mbconv-8x8x8-out8-k3-s1-e3-skip1-relu6"))
    last = graph.layers[-1]
    assert isinstance(last, AddLayer)
    assert last.skip == graph.source


def test_a_projection_has_no_activation() -> None:
    *_, project = lower(parse_key("v1-mbconv-8x8x8-out4-k3-s1-e3-skip0-relu6")).layers
    assert isinstance(project, ConvLayer)
    assert project.activation == "none"


def test_an_identity_is_a_copy_alone_and_nothing_within_a_network() -> None:
    identity, classifier = parse_key("v1-identity-4x4x8"), parse_key("v1-classifier-4x4x8-out5")
    assert [type(layer) for layer in lower(identity).layers] == [CopyLayer]
    assert not any(isinstance(layer, CopyLayer) for layer in lower(NetworkSpec(ops=(identity, classifier))).layers)


def test_logits_are_a_map_of_one_pixel() -> None:
    graph = lower(parse_key("v1-classifier-7x7x32-out10"))
    assert isinstance(graph.layers[-1], LinearLayer)
    assert graph.target.shape == (1, 1, 10)


def test_an_op_without_layers_is_refused() -> None:
    class Unheard(OpSpec):
        kind = "identity"

    with pytest.raises(InvalidInput, match="lowering"):
        lower(Unheard(input_height=1, input_width=1, in_channels=1))
