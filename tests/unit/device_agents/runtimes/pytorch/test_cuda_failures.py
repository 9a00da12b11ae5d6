from collections.abc import Iterator

import pytest
import torch

from device_agents.runtimes.base import UnsupportedWorkload, WorkloadOutOfMemory
from device_agents.runtimes.pytorch.cuda_failures import CudaContextLost, cuda_failures
from latency_service.contract.keys import parse_key
from tests.unit.device_agents.runtimes.pytorch.fake_cuda import ILLEGAL_ACCESS, FakeCuda

OP = parse_key("v1-identity-4x4x3")


@pytest.fixture
def cuda() -> Iterator[FakeCuda]:
    with FakeCuda() as cuda:
        yield cuda


def test_a_gpus_exhausted_memory_is_told_apart(cuda: FakeCuda) -> None:
    with pytest.raises(WorkloadOutOfMemory, match="v1-identity-4x4x3"), cuda_failures("torch", OP, cuda):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def test_a_refusal_that_leaves_the_gpu_answering_is_that_jobs_alone(cuda: FakeCuda) -> None:
    with pytest.raises(UnsupportedWorkload, match="no kernel image"), cuda_failures("torch", OP, cuda):
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device")


def test_a_lost_context_ends_the_process_and_blames_no_job(cuda: FakeCuda) -> None:
    cuda.is_lost = True
    with (
        pytest.raises(CudaContextLost, match=r"context is lost.*v1-identity") as lost,
        cuda_failures("torch", OP, cuda),
    ):
        raise RuntimeError(ILLEGAL_ACCESS)
    assert not isinstance(lost.value, Exception)  # which the worker would answer as this job's failure


def test_a_fault_of_our_own_passes_unchanged(cuda: FakeCuda) -> None:
    with pytest.raises(KeyError), cuda_failures("torch", OP, cuda):
        raise KeyError("weights")
