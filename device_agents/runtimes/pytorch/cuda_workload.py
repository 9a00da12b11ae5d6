"""LoadedOnCuda: a torch module on a GPU, timed by the GPU's events, its kernels started one by one or as one graph."""

from contextlib import AbstractContextManager

from torch import Tensor

from device_agents.host.nvidia import Nvml, read_gpu
from device_agents.runtimes.base import Array
from device_agents.runtimes.pytorch.cuda_driver import CudaDriver, CudaGraph
from device_agents.runtimes.pytorch.cuda_failures import cuda_failures
from device_agents.runtimes.pytorch.placed_module import PlacedModule, as_array
from device_agents.stopwatch.subject import Readings
from latency_service.contract.conditions import Conditions
from latency_service.contract.device import Fact
from latency_service.contract.network import Workload


class LoadedOnCuda:
    """A workload that the host starts and the GPU runs.

    Args:
        workload: What the module computes; failures name it.
        module: On the driver's device.
        conditions: The mode: `graph` captures the module, all others call it.
        driver: The GPU.
        nvml: Shows the GPU's clock, temperature and power, where it is there.
    """

    def __init__(
        self, workload: Workload, module: PlacedModule, conditions: Conditions, driver: CudaDriver, nvml: Nvml | None
    ) -> None:
        self._workload = workload
        self._module = module
        self._driver = driver
        self._nvml = nvml
        self._captured_output: Tensor | None = None
        self._graph: CudaGraph | None = driver.capture(self._run_module) if conditions.mode == "graph" else None
        self._start, self._end = driver.event(), driver.event()
        self.facts: dict[str, Fact] = {
            **module.facts,
            **driver.facts,
            "launch": "kernel by kernel" if self._graph is None else "graph replay",
            "timed_by": "CUDA events",
        }

    @property
    def is_host_paced(self) -> bool:
        """Say whether the host starts kernel after kernel within the timed window."""
        return self._graph is None

    def next_input(self) -> None:
        """Copy the next input into the static one, whose address a captured graph has, and wait for it."""
        with self._failures():
            self._module.next_input()
            self._driver.synchronize()

    def run(self) -> None:
        """Start the module, or its graph, on the current input."""
        if self._graph is None:
            self._module.forward(self._module.input)
        else:
            self._graph.replay()

    def synchronize(self) -> None:
        """Return once everything that `run` started has ended."""
        self._driver.synchronize()

    def time_runs(self, runs: int) -> int:
        """Run so many times; return the nanoseconds between two events around them.

        Graphs are queued up behind a busy GPU, so that the host's way to the first one is not counted. Where kernels
        are started one by one that way is what is asked for: the GPU is idle, and waits.

        Source: nvbench, "blocking kernel".
        """
        with self._failures():
            if not self.is_host_paced:
                self._driver.occupy()
            self._start.record()
            for _ in range(runs):
                self.run()
            self._end.record()
            self._end.synchronize()
            return round(self._start.elapsed_time(self._end) * 1e6)

    def flush_caches(self) -> None:
        """Overwrite the GPU's L2 cache, and wait, so that no kernel is queued up behind the flush."""
        with self._failures():
            self._driver.flush_l2()
            self._driver.synchronize()

    def readings(self) -> Readings:
        """Return the GPU's present clock, temperature and power, where NVML shows them."""
        return read_gpu(self._nvml, self._driver.uuid)

    def infer(self, images: Array) -> Array:
        """Return the output for images (batch size, channels, height, width), by the graph where there is one."""
        if self._graph is None or self._captured_output is None:
            return self._module.infer(images)
        self._module.overwrite_input(images)
        self._graph.replay()
        return as_array(self._captured_output)

    def close(self) -> None:
        """Release the module, its inputs and its graph, and the memory that they had on the GPU."""
        self._graph = self._captured_output = None
        self._module.close()
        self._driver.release_memory()

    def _run_module(self) -> None:
        self._captured_output = self._module.forward(self._module.input)

    def _failures(self) -> AbstractContextManager[None]:
        return cuda_failures("torch", self._workload, self._driver)
