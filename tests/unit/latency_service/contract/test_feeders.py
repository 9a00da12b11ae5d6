import pytest

from latency_service.contract.feeders import feeder_of
from latency_service.contract.keys import format_key, parse_key
from latency_service.contract.named_networks import named_network, network_names
from latency_service.contract.network import NetworkSpec
from latency_service.contract.ops import Identity, OpSpec, Zero
from search_client.spaces.registry import SPACES, make_space


def feeder_key(key: str) -> str | None:
    feeder = feeder_of(parse_key(key))
    return format_key(feeder) if feeder else None


@pytest.mark.parametrize(
    ("op", "feeder"),
    [
        ("v1-mbconv-28x28x40-out80-k5-s2-e6-skip0-relu6", "v1-mbconv-28x28x40-out40-k3-s1-e3-skip0-relu6"),
        ("v1-mbconv-28x28x40-out40-k7-s1-e3-skip1-relu6", "v1-mbconv-28x28x40-out40-k3-s1-e3-skip0-relu6"),
        ("v1-conv_bn_act-7x7x320-out1280-k1-s1-g1-relu6", "v1-mbconv-7x7x320-out320-k3-s1-e3-skip0-relu6"),
        ("v1-classifier-7x7x1280-out1000", "v1-conv_bn_act-7x7x320-out1280-k1-s1-g1-relu6"),
        ("v1-conv_bn_act-224x224x3-out32-k3-s2-g1-relu6", None),
    ],
)
def test_the_rule(op: str, feeder: str | None) -> None:
    assert feeder_key(op) == feeder


def test_what_costs_nothing_and_whole_networks_have_none() -> None:
    size = {"input_height": 8, "input_width": 8, "in_channels": 32}
    assert feeder_of(Zero(**size)) is None
    assert feeder_of(Identity(**size)) is None
    assert feeder_of(named_network(network_names()[0])) is None


@pytest.mark.parametrize("name", sorted(SPACES))
def test_every_op_of_a_space_but_the_first_fits_behind_its_feeder(name: str) -> None:
    without = []
    for op in make_space(name).ops():
        feeder = feeder_of(op)
        if feeder is None:
            without.append(op)
        else:
            assert NetworkSpec(ops=(feeder, op)).output_shape == op.output_shape
    assert all(isinstance(op, Identity) or op.in_channels == 3 for op in without)


def test_a_feeder_depends_on_the_input_alone() -> None:
    def fed(op: OpSpec) -> set[OpSpec | None]:
        return {
            feeder_of(each) for each in make_space("proxyless-imagenet").ops() if each.input_shape == op.input_shape
        }

    assert all(len(fed(op)) == 1 for op in make_space("proxyless-imagenet").ops())
