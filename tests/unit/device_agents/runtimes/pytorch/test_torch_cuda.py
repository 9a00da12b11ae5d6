import pytest
import torch

from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.runtimes.pytorch.torch_cuda import TorchCuda


def test_a_gpu_that_is_not_there_is_refused_with_the_reason() -> None:
    reason = "CUDA shows" if torch.cuda.is_available() else "cannot use CUDA here: ."
    with pytest.raises(UnsupportedWorkload, match=reason):
        TorchCuda(1000)
