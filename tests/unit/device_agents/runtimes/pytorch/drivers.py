"""Every CudaDriver that works here: the fake one, and torch's own where there is a GPU."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from device_agents.runtimes.pytorch.cuda_driver import CudaDriver
from device_agents.runtimes.pytorch.torch_cuda import TorchCuda
from tests.unit.device_agents.runtimes.pytorch.fake_cuda import FakeCuda

NAMES = ("fake", "torch") if torch.cuda.is_available() else ("fake",)


@contextmanager
def working_driver(name: str) -> Iterator[CudaDriver]:
    """Yield the driver of that name."""
    if name == "torch":
        yield TorchCuda(0)
        return
    with FakeCuda() as fake:
        yield fake
