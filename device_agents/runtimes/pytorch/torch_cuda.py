"""TorchCuda: the CudaDriver over torch.cuda. It decides nothing that can be decided, and tested, without a GPU."""

from collections.abc import Callable
from typing import Any

import torch

from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.runtimes.pytorch.cuda_driver import CudaEvent, CudaGraph
from latency_service.contract.device import Fact

# Few of their functions are annotated.
_CUDA: Any = torch.cuda
_CUDNN: Any = torch.backends.cudnn

# As many as torch's own documentation of CUDA graphs takes.
_RUNS_BEFORE_CAPTURE = 3
# Some 50 microseconds: longer than the host takes to start a graph and record two events.
_OCCUPYING_CYCLES = 100_000


class TorchCuda:
    """One GPU by torch; makes it the process's current one, and fp32 exact: no TF32 in convolutions or products.

    Args:
        index: The GPU's number, as CUDA counts those that this process may see.

    Raises:
        UnsupportedWorkload: CUDA cannot be used here, or has no GPU of that number; the message says why.
    """

    def __init__(self, index: int) -> None:
        try:
            _CUDA.init()
        except (RuntimeError, AssertionError) as error:
            raise UnsupportedWorkload(f"torch {torch.__version__} cannot use CUDA here: {error}") from error
        if index >= _CUDA.device_count():
            raise UnsupportedWorkload(f"cuda_device is {index}, and CUDA shows {_CUDA.device_count()} GPU(s)")
        self.device = f"cuda:{index}"
        _CUDA.set_device(self.device)
        self._properties = _CUDA.get_device_properties(self.device)
        self.uuid = f"GPU-{self._properties.uuid}"
        torch.set_float32_matmul_precision("highest")
        _CUDNN.allow_tf32 = False
        _CUDNN.benchmark = False
        # Twice the cache, and some more: lines that it would rather keep must go too.
        self._flushing = torch.empty(2 * self._properties.L2_cache_size + 1, dtype=torch.int8, device=self.device)

    @property
    def facts(self) -> dict[str, Fact]:
        """The GPU, the libraries and their settings."""
        return {
            "gpu": self._properties.name,
            "gpu_uuid": self.uuid,
            "compute_capability": f"{self._properties.major}.{self._properties.minor}",
            "l2_bytes": self._properties.L2_cache_size,
            "cuda_version": torch.version.cuda,
            "cudnn_version": _CUDNN.version(),
            "cudnn_benchmark": _CUDNN.benchmark,
            "cudnn_deterministic": _CUDNN.deterministic,
            "tf32_convolutions": _CUDNN.allow_tf32,
            "tf32_products": torch.backends.cuda.matmul.allow_tf32,
        }

    def event(self) -> CudaEvent:
        """Return a new event that takes the time."""
        event: CudaEvent = _CUDA.Event(enable_timing=True)
        return event

    def capture(self, work: Callable[[], object]) -> CudaGraph:
        """Return work as a graph.

        Source: torch's "CUDA semantics", section "CUDA Graphs".
        """
        aside, current = _CUDA.Stream(self.device), _CUDA.current_stream(self.device)
        aside.wait_stream(current)
        with _CUDA.stream(aside):
            for _ in range(_RUNS_BEFORE_CAPTURE):
                work()
        current.wait_stream(aside)
        graph: CudaGraph = _CUDA.CUDAGraph()
        with _CUDA.graph(graph):
            work()
        return graph

    def synchronize(self) -> None:
        """Return once the GPU has done all that it was given."""
        _CUDA.synchronize(self.device)

    def occupy(self) -> None:
        """Keep the GPU busy for a moment."""
        _CUDA._sleep(_OCCUPYING_CYCLES)

    def flush_l2(self) -> None:
        """Overwrite the GPU's L2 cache."""
        self._flushing.zero_()

    def release_memory(self) -> None:
        """Give memory that no tensor holds any more back to the GPU."""
        _CUDA.empty_cache()
