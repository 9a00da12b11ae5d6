"""In int8 every runtime stays near what it gives in floats, for ops in batches and for whole networks."""

import pytest

from device_agents.runtimes.base import Runtime
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key
from latency_service.contract.named_networks import named_network
from latency_service.contract.network import NetworkSpec, Workload
from tests.unit.device_agents.graphs.accuracy import LEAST_NETWORK_SNR_DB, LEAST_SNR_DB, SEED, images_of, snr_db
from tests.unit.device_agents.runtimes.engines import ENGINES, PRECISIONS

QUANTIZING = {name: runtime for name, runtime in ENGINES.items() if "int8" in PRECISIONS[runtime.name]}

OPS = (
    "v1-mbconv-8x8x4-out4-k3-s1-e3-skip1-relu6",
    "v1-conv_bn_act-8x8x8-out12-k3-s2-g4-hard_swish",
    "v1-avg_pool-8x7x4-k3-s2",
    "v1-classifier-7x7x32-out10",
)
CIFAR_NETWORK = (
    "v1-conv_bn_act-32x32x3-out16-k3-s1-g1-relu6",
    "v1-mbconv-32x32x16-out24-k5-s2-e6-skip0-relu6",
    "v1-mbconv-16x16x24-out24-k3-s1-e3-skip1-relu6",
    "v1-mbconv-16x16x24-out40-k7-s2-e6-skip0-relu6",
    "v1-mbconv-8x8x40-out40-k5-s1-e3-skip1-relu6",
    "v1-conv_bn_act-8x8x40-out160-k1-s1-g1-relu6",
    "v1-classifier-8x8x160-out10",
)
NETWORKS = {
    "cifar": NetworkSpec(ops=tuple(map(parse_key, CIFAR_NETWORK))),
    "mobilenet-v2": named_network("mobilenet-v2", resolution=48, num_classes=100),
    "proxyless-mobile": named_network("proxyless-mobile", resolution=48, num_classes=100),
}

pytestmark = pytest.mark.parametrize("runtime", QUANTIZING.values(), ids=QUANTIZING.keys())


def snr_of_int8(runtime: Runtime, workload: Workload, batch_size: int) -> float:
    images = images_of(workload.input_shape, batch_size)
    floats = Conditions(runtime=runtime.name, batch_size=batch_size)
    expected, output = (
        runtime.load(workload, conditions, SEED).infer(images)
        for conditions in (floats, floats.model_copy(update={"precision": "int8"}))
    )
    return snr_db(expected, output)


@pytest.mark.parametrize("batch_size", [1, 2, 5])
@pytest.mark.parametrize("key", OPS)
def test_an_op_in_int8_is_as_good_as_in_floats_at_any_batch_size(runtime: Runtime, key: str, batch_size: int) -> None:
    assert snr_of_int8(runtime, parse_key(key), batch_size) >= LEAST_SNR_DB


@pytest.mark.parametrize("name", NETWORKS)
def test_a_whole_network_in_int8_stays_near_the_one_in_floats(runtime: Runtime, name: str) -> None:
    assert snr_of_int8(runtime, NETWORKS[name], batch_size=2) >= LEAST_NETWORK_SNR_DB
