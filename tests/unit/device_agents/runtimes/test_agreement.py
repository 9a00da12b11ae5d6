"""All runtimes give what the reference gives, for the same weights: they measure the same op."""

import numpy as np
import pytest
from numpy.typing import NDArray

from device_agents.graphs.lowering import lower
from device_agents.graphs.weights import draw_weights
from device_agents.runtimes.base import Runtime
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import format_key, parse_key
from latency_service.contract.named_networks import named_network
from latency_service.contract.network import NetworkSpec, Workload
from latency_service.contract.ops import OpSpec
from tests.unit.device_agents.graphs.cases import OPS
from tests.unit.device_agents.graphs.reference import reference_output
from tests.unit.device_agents.runtimes.engines import ENGINES

SEED = 7
TOLERANCE = 1e-4

pytestmark = pytest.mark.parametrize("runtime", ENGINES.values(), ids=ENGINES.keys())


def assert_agrees(runtime: Runtime, workload: Workload, batch_size: int = 1) -> None:
    images = random_images(workload, batch_size)
    expected = reference_output(workload, draw_weights(lower(workload), SEED), images)
    loaded = runtime.load(workload, Conditions(runtime=runtime.name, batch_size=batch_size), SEED)
    output = loaded.infer(images)
    loaded.close()
    assert output.shape == expected.shape
    assert np.abs(output - expected).max() <= TOLERANCE * np.abs(expected).max()


def random_images(workload: Workload, batch_size: int) -> NDArray[np.float32]:
    height, width, channels = workload.input_shape
    # Wide enough for every branch of every activation.
    return np.random.default_rng(1).normal(0, 4, (batch_size, channels, height, width)).astype(np.float32)


@pytest.mark.parametrize("op", OPS, ids=format_key)
def test_an_op_gives_what_the_reference_gives(runtime: Runtime, op: OpSpec) -> None:
    assert_agrees(runtime, op)


@pytest.mark.parametrize(
    "key",
    [
        "v1-mbconv-8x8x4-out4-k3-s1-e3-skip1-relu6",
        "v1-conv_bn_act-8x8x8-out12-k3-s2-g4-relu",
        "v1-avg_pool-8x7x4-k3-s2",
        "v1-max_pool-8x7x4-k3-s2",
        "v1-identity-3x5x4",
        "v1-classifier-7x7x32-out10",
    ],
)
def test_a_batch_of_two_gives_what_the_reference_gives(runtime: Runtime, key: str) -> None:
    assert_agrees(runtime, parse_key(key), batch_size=2)


@pytest.mark.parametrize("name", ["mobilenet-v2", "proxyless-mobile"])
def test_a_whole_network_gives_what_the_reference_gives(runtime: Runtime, name: str) -> None:
    assert_agrees(runtime, named_network(name, resolution=48, num_classes=100))


@pytest.mark.parametrize(
    "keys",
    [
        ["v1-identity-4x4x3", "v1-conv_bn_act-4x4x3-out4-k3-s2-g1-relu", "v1-identity-2x2x4"],
        ["v1-identity-4x4x3", "v1-identity-4x4x3"],
        ["v1-classifier-4x4x3-out8", "v1-conv_bn_act-1x1x8-out4-k1-s1-g1-relu"],
        ["v1-max_pool-9x9x4-k3-s2", "v1-mbconv-5x5x4-out4-k3-s1-e1-skip1-relu", "v1-avg_pool-5x5x4-k5-s2"],
    ],
)
def test_any_chain_of_ops_gives_what_the_reference_gives(runtime: Runtime, keys: list[str]) -> None:
    assert_agrees(runtime, NetworkSpec(ops=tuple(map(parse_key, keys))))
