"""PyTorch on the CPU or an NVIDIA GPU; torch is imported when this runtime loads, and nowhere else in the agent."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from device_agents.host.nvidia import Nvml, open_nvml
from device_agents.runtimes.base import LoadedWorkload
from device_agents.runtimes.engine import engine_failures, require_engine
from device_agents.runtimes.offers import refuse_what_is_not_offered
from device_agents.runtimes.preparation import prepare
from device_agents.runtimes.probing import probe_runtime
from device_agents.runtimes.pytorch.cuda_driver import CudaDriver
from device_agents.runtimes.pytorch.cuda_failures import CudaContextLost, cuda_failures
from device_agents.runtimes.settings import NOTHING_SET, RuntimeSettings
from latency_service.contract.conditions import Conditions
from latency_service.contract.device import RuntimeStatus
from latency_service.contract.network import Workload

if TYPE_CHECKING:
    from device_agents.runtimes.pytorch.cuda_workload import LoadedOnCuda

_LAYOUTS = ("native", "channels_last")
_BATCH_NORMS = ("folded", "separate")


def open_cuda(index: int) -> CudaDriver:
    """Return one of the GPUs that torch sees; imports torch.

    Raises:
        UnsupportedWorkload: CUDA cannot be used here, or has no such GPU.
    """
    from device_agents.runtimes.pytorch.torch_cuda import TorchCuda

    return TorchCuda(index)


class TorchRuntime:
    """Torch modules in inference mode: called layer by layer, compiled by inductor, or replayed as a CUDA graph.

    Args:
        settings: Which GPU.
        open_driver: Opens it, when it is first asked for.
        open_management: Opens NVML, likewise.
    """

    name: ClassVar[str] = "torch"

    def __init__(
        self,
        settings: RuntimeSettings = NOTHING_SET,
        open_driver: Callable[[int], CudaDriver] = open_cuda,
        open_management: Callable[[], Nvml | None] = open_nvml,
    ) -> None:
        self._settings = settings
        self._open_driver = open_driver
        self._open_management = open_management
        self._gpu: tuple[CudaDriver, Nvml | None] | None = None

    def probe(self) -> RuntimeStatus:
        """Say whether torch runs a tiny graph here, and whether it does so on a GPU; imports torch."""
        status = probe_runtime(self)
        if not status.available:
            return status
        return status.model_copy(update={"backends": {"cpu": None, "cuda": self._why_not_on_gpu()}})

    def load(self, workload: Workload, conditions: Conditions, seed: int = 0) -> LoadedWorkload:
        """Build the workload's module where the backend says; see `Runtime.load`."""
        _refuse_what_torch_does_not_offer(conditions)
        require_engine("torch", extra="torch")
        if conditions.backend == "cuda":
            return self._load_on_gpu(workload, conditions, seed)
        from device_agents.runtimes.pytorch.cpu_workload import LoadedOnCpu
        from device_agents.runtimes.pytorch.placed_module import PlacedModule

        with engine_failures(self.name, workload, RuntimeError):
            loaded = LoadedOnCpu(PlacedModule(prepare(workload, conditions, seed), conditions, "cpu"))
            loaded.run()
        return loaded

    def _why_not_on_gpu(self) -> str | None:
        try:
            return probe_runtime(self, Conditions(runtime=self.name, backend="cuda")).reason
        except CudaContextLost as lost:
            return str(lost)

    def _load_on_gpu(self, workload: Workload, conditions: Conditions, seed: int) -> "LoadedOnCuda":
        from device_agents.runtimes.pytorch.cuda_workload import LoadedOnCuda
        from device_agents.runtimes.pytorch.placed_module import PlacedModule

        with engine_failures(self.name, workload, RuntimeError):
            self._gpu = self._gpu or (self._open_driver(self._settings.cuda_device), self._open_management())
        driver, nvml = self._gpu
        with cuda_failures(self.name, workload, driver):
            module = PlacedModule(prepare(workload, conditions, seed), conditions, driver.device)
            loaded = LoadedOnCuda(workload, module, conditions, driver, nvml)
            loaded.run()
            loaded.synchronize()
        return loaded


def _refuse_what_torch_does_not_offer(conditions: Conditions) -> None:
    on_gpu = conditions.backend == "cuda"
    refuse_what_is_not_offered(
        conditions,
        backend=("cpu", "cuda"),
        precision=("fp32", "fp16") if on_gpu else ("fp32",),
        mode=("eager", "graph", "compile") if on_gpu else ("eager", "compile"),
        layout=_LAYOUTS,
        batch_norm=_BATCH_NORMS,
    )
