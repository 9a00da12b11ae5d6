"""LoadedTflite: an interpreter with its inputs."""

from importlib.metadata import version
from itertools import cycle
from typing import Any

import numpy as np

from device_agents.runtimes.base import Array
from device_agents.runtimes.litert.interpreter import Plan
from device_agents.runtimes.preparation import Preparation
from device_agents.runtimes.stored_maps import StoredMaps
from latency_service.contract.device import Fact


class LoadedTflite:
    """An interpreter with its tensors allocated; it takes and gives (N, H, W, C).

    Args:
        interpreter: From the package.
        package: The package's PyPI name.
        prepared: Holds the inputs.
        maps: How the model stores input and output.
        plan: What the interpreter will do.
        threads: That it was told to use.
    """

    def __init__(
        self, interpreter: Any, package: str, prepared: Preparation, maps: StoredMaps, plan: Plan, threads: int
    ) -> None:
        self._source = interpreter.get_input_details()[0]["index"]
        self._target = interpreter.get_output_details()[0]["index"]
        self.facts: dict[str, Fact] = {
            "package": package,
            "runtime_version": version(package),
            "delegate": plan.delegate,
            "xnnpack": plan.delegate == "xnnpack",
            "whole_graph": plan.is_whole,
            "interpreter_threads": threads,
            "inputs": len(prepared.inputs),
        }
        self._interpreter, self._maps = interpreter, maps
        self._inputs = cycle([self._store(images) for images in prepared.inputs])
        self.next_input()

    def next_input(self) -> None:
        """Copy the next input into the interpreter's input tensor."""
        self._interpreter.set_tensor(self._source, next(self._inputs))

    def run(self) -> None:
        """Invoke the interpreter on what its input tensor holds."""
        self._interpreter.invoke()

    def synchronize(self) -> None:
        """Nothing is left to wait for: the interpreter ends within `run`."""

    def infer(self, images: Array) -> Array:
        """Return the output for images (batch size, channels, height, width), and go on to the next input."""
        self._interpreter.set_tensor(self._source, self._store(images))
        self._interpreter.invoke()
        output = self._maps.restore(self._interpreter.get_tensor(self._target))
        self.next_input()
        return output.transpose(0, 3, 1, 2)

    def close(self) -> None:
        """Release the interpreter and the inputs."""
        self._interpreter = None
        self._inputs = cycle(())

    def _store(self, images: Array) -> Any:
        return self._maps.store(np.ascontiguousarray(images.transpose(0, 2, 3, 1)))
