"""LoadedOnnx: a session with its input and output bound to memory of the device that runs it."""

from itertools import cycle
from typing import Any

from device_agents.runtimes.base import Array
from device_agents.runtimes.preparation import Preparation
from device_agents.runtimes.stored_maps import StoredMaps
from latency_service.contract.device import Fact


class LoadedOnnx:
    """A session with bound input and output, so that a run copies neither.

    Args:
        session: ONNX Runtime's.
        facts: What is known of the session.
        prepared: Holds the inputs.
        maps: How the model stores input and output.
        memory: The kind of device that holds them, and which of that kind.
    """

    def __init__(
        self, session: Any, facts: dict[str, Fact], prepared: Preparation, maps: StoredMaps, memory: tuple[str, int]
    ) -> None:
        from onnxruntime import OrtValue

        self.facts = {**facts, "memory": f"{memory[0]}:{memory[1]}", "inputs": len(prepared.inputs)}
        source, target = session.get_inputs()[0], session.get_outputs()[0]
        self._input_name, self._maps = source.name, maps
        self._input = OrtValue.ortvalue_from_shape_and_type(source.shape, maps.dtype, *memory)
        output = OrtValue.ortvalue_from_shape_and_type(target.shape, maps.dtype, *memory)
        self._binding = session.io_binding()
        self._binding.bind_ortvalue_input(source.name, self._input)
        self._binding.bind_ortvalue_output(target.name, output)
        self._session = session
        self._inputs = cycle([maps.store(images) for images in prepared.inputs])
        self.next_input()

    def next_input(self) -> None:
        """Copy the next input into the bound one."""
        self._input.update_inplace(next(self._inputs))

    def run(self) -> None:
        """Run the session on what is bound."""
        self._session.run_with_iobinding(self._binding)

    def synchronize(self) -> None:
        """Wait until the bound output is there."""
        self._binding.synchronize_outputs()

    def infer(self, images: Array) -> Array:
        """Return the output for images (batch size, channels, height, width)."""
        return self._maps.restore(self._session.run(None, {self._input_name: self._maps.store(images)})[0])

    def close(self) -> None:
        """Release the session and its buffers."""
        self._session = self._binding = self._input = None
        self._inputs = cycle(())
