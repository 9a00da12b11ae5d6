"""PyTorch on the CPU, eager; torch is imported when this runtime is asked to load, and nowhere else in the agent."""

from itertools import cycle
from typing import Any, ClassVar

from device_agents.runtimes.base import Array
from device_agents.runtimes.engine import engine_failures, require_engine
from device_agents.runtimes.offers import refuse_what_is_not_offered
from device_agents.runtimes.preparation import Preparation, prepare
from device_agents.runtimes.probing import probe_runtime
from device_agents.runtimes.settings import NOTHING_SET, RuntimeSettings
from latency_service.contract.conditions import Conditions
from latency_service.contract.device import Fact, RuntimeStatus
from latency_service.contract.network import Workload


class TorchRuntime:
    """Torch modules in inference mode, contiguous (N, C, H, W): what a model does that nobody has tuned."""

    name: ClassVar[str] = "torch"

    def __init__(self, settings: RuntimeSettings = NOTHING_SET) -> None:
        self._settings = settings

    def probe(self) -> RuntimeStatus:
        """Say whether torch runs a tiny graph here; imports torch."""
        return probe_runtime(self)

    def load(self, workload: Workload, conditions: Conditions, seed: int = 0) -> "LoadedTorch":
        """Build the workload's module; see `Runtime.load`."""
        refuse_what_is_not_offered(conditions)
        require_engine("torch", extra="torch")
        with engine_failures(self.name, workload, RuntimeError):
            loaded = LoadedTorch(prepare(workload, conditions, seed), conditions)
            loaded.run()
        return loaded


class LoadedTorch:
    """A module with one input tensor; its outputs are dropped, so that each run writes where the last one did."""

    def __init__(self, prepared: Preparation, conditions: Conditions) -> None:
        import torch

        from device_agents.graphs.torch_graph import torch_module

        self.facts: dict[str, Fact] = {
            "runtime_version": str(torch.__version__),
            "memory_format": "contiguous",
            "batch_norm": "folded",
            "intra_op_threads": conditions.threads,
            "inputs": len(prepared.inputs),
        }
        self._threads = conditions.threads
        module = torch_module(prepared.graph, prepared.weights)
        self._forward: Any = torch.inference_mode()(module.forward)
        self._inputs = cycle([torch.from_numpy(images) for images in prepared.inputs])
        self._input: Any = torch.empty(prepared.inputs[0].shape)
        self.next_input()

    def next_input(self) -> None:
        """Copy the next input into the one that `run` takes, and set torch's thread count, which the process shares."""
        import torch

        torch.set_num_threads(self._threads)
        self._input.copy_(next(self._inputs))

    def run(self) -> None:
        """Run the module on the current input."""
        self._forward(self._input)

    def synchronize(self) -> None:
        """Nothing is left to wait for: torch on the CPU ends within `run`."""

    def infer(self, images: Array) -> Array:
        """Return the output for images (batch size, channels, height, width)."""
        import torch

        output: Array = self._forward(torch.from_numpy(images)).numpy()
        return output

    def close(self) -> None:
        """Release the module and its inputs."""
        self._forward = self._input = None
        self._inputs = cycle(())
