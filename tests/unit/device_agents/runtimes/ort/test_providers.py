import pytest

from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.runtimes.ort.providers import (
    backend_name,
    known_providers,
    memory_of,
    offered_precisions,
    provider_options,
    require_provider,
)
from device_agents.runtimes.settings import ProviderSettings

CPU = ProviderSettings(provider="CPUExecutionProvider")
CUDA = ProviderSettings(provider="CUDAExecutionProvider", options={"device_id": "1"})
OPENVINO = ProviderSettings(provider="OpenVINOExecutionProvider", options={"device_type": "CPU", "num_of_threads": "8"})


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("CPUExecutionProvider", "cpu"),
        ("CUDAExecutionProvider", "cuda"),
        ("TensorrtExecutionProvider", "tensorrt"),
        ("OpenVINOExecutionProvider", "openvino"),
        ("CoreMLExecutionProvider", "coreml"),
        ("NnapiExecutionProvider", "nnapi"),
        ("DmlExecutionProvider", "dml"),
        ("XnnpackExecutionProvider", "xnnpack"),
        ("QNNExecutionProvider", "qnn"),
    ],
)
def test_a_backend_is_called_as_its_provider(provider: str, name: str) -> None:
    assert backend_name(provider) == name


def test_the_owners_names_stand_beside_those_of_the_build_and_before_them() -> None:
    known = known_providers(
        ["OpenVINOExecutionProvider", "AzureExecutionProvider", "CPUExecutionProvider"],
        {"npu": ProviderSettings(provider="QNNExecutionProvider"), "openvino": OPENVINO},
    )
    assert set(known) == {"cpu", "openvino", "npu"}
    assert known["openvino"] == OPENVINO
    assert known["cpu"] == CPU


def test_a_provider_that_the_build_lacks_is_refused_with_those_that_it_has() -> None:
    with pytest.raises(UnsupportedWorkload, match=r"'gpu' is .*CUDAExecutionProvider.* only CPUExecutionProvider:"):
        require_provider("gpu", CUDA, ["CPUExecutionProvider"])


def test_16_bits_are_offered_by_all_but_the_cpu() -> None:
    assert offered_precisions(CPU) == ("fp32", "int8")
    assert offered_precisions(CUDA) == ("fp32", "fp16", "int8")


def test_a_provider_with_threads_of_its_own_gets_as_many_as_the_conditions_say() -> None:
    assert provider_options(OPENVINO, threads=2) == {"device_type": "CPU", "num_of_threads": "2"}
    assert provider_options(CUDA, threads=2) == {"device_id": "1"}


def test_maps_are_kept_where_the_provider_computes() -> None:
    assert memory_of(CUDA) == ("cuda", 1)
    assert memory_of(ProviderSettings(provider="TensorrtExecutionProvider")) == ("cuda", 0)
    assert memory_of(OPENVINO) == memory_of(CPU) == ("cpu", 0)
