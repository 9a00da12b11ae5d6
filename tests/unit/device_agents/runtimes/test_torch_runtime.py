import subprocess
import sys

import pytest
import torch

from device_agents.runtimes.base import UnsupportedWorkload, WorkloadOutOfMemory
from device_agents.runtimes.pytorch.cuda_driver import CudaDriver
from device_agents.runtimes.settings import RuntimeSettings
from device_agents.runtimes.torch_runtime import TorchRuntime
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key
from tests.unit.device_agents.runtimes.pytorch.fake_cuda import FakeCuda

OP = parse_key("v1-conv_bn_act-4x4x3-out4-k3-s1-g1-relu6")
ON_GPU = Conditions(runtime="torch", backend="cuda")


def no_gpu(index: int) -> CudaDriver:
    raise UnsupportedWorkload("no NVIDIA driver")


@pytest.mark.parametrize(
    "changes",
    [
        {"precision": "int8"},
        {"precision": "int8", "backend": "cuda"},
        {"backend": "xnnpack"},
    ],
)
def test_what_torch_does_not_offer_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(UnsupportedWorkload, match="torch offers"):
        TorchRuntime(open_driver=no_gpu).load(OP, Conditions.model_validate({"runtime": "torch", **changes}))


def test_a_host_without_a_gpu_is_available_and_says_why_cuda_is_not() -> None:
    status = TorchRuntime(open_driver=no_gpu).probe()
    assert status.available
    assert status.backends == {"cpu": None, "cuda": "no NVIDIA driver"}


def test_a_gpu_that_works_is_shown() -> None:
    with FakeCuda() as cuda:
        assert TorchRuntime(open_driver=lambda _: cuda).probe().backends == {"cpu": None, "cuda": None}


def test_a_gpu_that_fails_the_probe_leaves_the_cpu_available() -> None:
    with FakeCuda() as cuda:
        cuda.is_lost = True
        reason = TorchRuntime(open_driver=lambda _: cuda)._why_not_on_gpu()
    assert reason is not None
    assert "context is lost" in reason


def test_the_gpu_that_the_owner_chose_is_opened_once() -> None:
    opened: list[int] = []
    cuda = FakeCuda()

    def open_driver(index: int) -> CudaDriver:
        opened.append(index)
        return cuda

    runtime = TorchRuntime(RuntimeSettings(cuda_device=3), open_driver)
    with cuda:
        runtime.load(OP, ON_GPU)
        runtime.load(OP, ON_GPU)
    assert opened == [3]


def test_memory_that_a_gpu_lacks_already_when_it_is_opened_is_an_answer() -> None:
    def full(index: int) -> CudaDriver:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 80.00 MiB.")

    with pytest.raises(WorkloadOutOfMemory):
        TorchRuntime(open_driver=full).load(OP, ON_GPU)


def test_the_runtime_is_imported_and_probed_where_torch_is_not_installed() -> None:
    script = """
import sys
sys.modules["torch"] = None
from device_agents.runtimes.registry import make_runtime
status = make_runtime("torch").probe()
print(status.available, status.reason)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("False torch cannot be imported here")
    assert "pip install" in done.stdout
