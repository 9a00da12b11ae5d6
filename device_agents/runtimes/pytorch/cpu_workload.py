"""LoadedOnCpu: a torch module on the host, timed by the host's clock."""

from device_agents.runtimes.base import Array
from device_agents.runtimes.pytorch.placed_module import PlacedModule
from latency_service.contract.device import Fact


class LoadedOnCpu:
    """A workload that runs within `run`."""

    def __init__(self, module: PlacedModule) -> None:
        self._module = module
        self.facts: dict[str, Fact] = module.facts

    def next_input(self) -> None:
        """Copy the next input into the one that `run` takes, and set torch's thread count, which the process shares."""
        self._module.next_input()

    def run(self) -> None:
        """Run the module on the current input."""
        self._module.forward(self._module.input)

    def synchronize(self) -> None:
        """Nothing is left to wait for: torch on the CPU ends within `run`."""

    def infer(self, images: Array) -> Array:
        """Return the output for images (batch size, channels, height, width)."""
        return self._module.infer(images)

    def close(self) -> None:
        """Release the module and its inputs."""
        self._module.close()
