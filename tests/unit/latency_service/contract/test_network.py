import pytest

from latency_service.contract.errors import ImpossibleNetwork, UnknownName
from latency_service.contract.named_networks import named_network, network_names
from latency_service.contract.network import NetworkSpec, is_network_key, workload_key
from latency_service.contract.ops import Classifier, Identity, Zero

SIZE = {"input_height": 4, "input_width": 4, "in_channels": 8}


@pytest.mark.parametrize(
    ("name", "macs", "parameters"),
    [
        ("proxyless-mobile", 320_427_584, 4_080_512),
        ("proxyless-gpu", 465_260_160, 7_119_848),
        ("proxyless-cpu", 439_243_864, 4_361_648),
        ("proxyless-mobile-14", 580_883_408, 6_857_568),
        ("mobilenet-v2", 300_774_272, 3_504_872),
    ],
)
def test_the_named_networks_have_their_published_counts(name: str, macs: int, parameters: int) -> None:
    network = named_network(name)
    assert (network.macs, network.parameters) == (macs, parameters)
    assert name in network_names()


def test_the_published_millions_of_macs_come_out_to_the_last_digit() -> None:
    published = {"mobile": 320.43, "gpu": 465.26, "cpu": 439.24, "mobile-14": 580.88}
    for name, millions in published.items():
        assert round(named_network(f"proxyless-{name}").macs / 1e6, 2) == millions


def test_an_unknown_network_name_lists_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="proxyless-mobile"):
        named_network("resnet-50")


def test_a_network_survives_the_wire_and_keeps_its_key() -> None:
    network = named_network("proxyless-cpu", resolution=96, num_classes=10)
    again = NetworkSpec.model_validate_json(network.model_dump_json())
    assert again == network
    assert workload_key(again) == workload_key(network)
    assert is_network_key(workload_key(network))
    assert workload_key(network) != workload_key(named_network("proxyless-cpu", resolution=128, num_classes=10))


def test_shapes_that_do_not_chain_are_refused_with_both_neighbours_named() -> None:
    wrong = Identity(input_height=4, input_width=4, in_channels=9)
    with pytest.raises(ImpossibleNetwork, match=r"gives 4x4x8, but op 1 .*takes 4x4x9"):
        NetworkSpec(ops=(Identity(**SIZE), wrong))


def test_an_empty_chain_and_a_zero_are_refused() -> None:
    with pytest.raises(ImpossibleNetwork, match="at least one"):
        NetworkSpec(ops=())
    with pytest.raises(ImpossibleNetwork, match="op 1 is Zero"):
        NetworkSpec(ops=(Identity(**SIZE), Zero(**SIZE), Classifier(**SIZE, num_classes=2)))
