"""PlacedModule: a workload's module on a device, in its precision and layout, with the one input that it reads."""

from itertools import cycle

import torch
from torch import Tensor, nn

from device_agents.graphs.torch_graph import torch_module
from device_agents.runtimes.base import Array
from device_agents.runtimes.preparation import Preparation
from device_agents.runtimes.pytorch.build_facts import build_facts
from device_agents.runtimes.pytorch.compilation import Forward, compile_module
from latency_service.contract.conditions import Conditions
from latency_service.contract.device import Fact

_DTYPES = {"fp32": torch.float32, "fp16": torch.float16}
_FORMATS = {"native": torch.contiguous_format, "channels_last": torch.channels_last}
_NO_INPUT = torch.empty(0)


class PlacedModule:
    """A module in inference mode. Its outputs are dropped, so that each run writes where the last one did.

    Args:
        prepared: Graph, weights and inputs.
        conditions: Precision, layout, batch normalisation, mode and threads.
        device: Torch's name of it.

    Attributes:
        facts: What was built.
        input: The static input; later inputs are copied into it.
        forward: Takes an input like it.
    """

    def __init__(self, prepared: Preparation, conditions: Conditions, device: str) -> None:
        self._dtype, self._format = _DTYPES[conditions.precision], _FORMATS[conditions.layout]
        self._device, self._threads = device, conditions.threads
        module = torch_module(prepared.graph, prepared.weights, conditions.batch_norm)
        module.to(device=device, dtype=self._dtype, memory_format=self._format)  # type: ignore[call-overload]
        placed = [self._placed(images) for images in prepared.inputs]
        self._inputs = cycle(placed)
        self.input: Tensor = torch.empty_like(placed[0])
        self.next_input()
        forward: Forward = compile_module(module, self.input) if conditions.mode == "compile" else module
        self.forward: Forward = torch.inference_mode()(forward)
        self.facts: dict[str, Fact] = {
            **build_facts(),
            "memory_format": str(self._format).removeprefix("torch."),
            "batch_norm": conditions.batch_norm,
            "weights": str(self._dtype).removeprefix("torch."),
            "compiler": "inductor" if conditions.mode == "compile" else None,
            "intra_op_threads": conditions.threads,
            "inputs": len(placed),
        }

    def next_input(self) -> None:
        """Copy the next input into the static one, and set torch's thread count, which the process shares."""
        torch.set_num_threads(self._threads)
        self.input.copy_(next(self._inputs))

    def overwrite_input(self, images: Array) -> None:
        """Copy images (batch size, channels, height, width) into the static input."""
        self.input.copy_(torch.from_numpy(images))

    def infer(self, images: Array) -> Array:
        """Return the output for images (batch size, channels, height, width)."""
        return as_array(self.forward(self._placed(images)))

    def close(self) -> None:
        """Release the module and its inputs."""
        self.forward, self.input = nn.Identity(), _NO_INPUT
        self._inputs = cycle(())

    def _placed(self, images: Array) -> Tensor:
        return torch.from_numpy(images).to(self._device, self._dtype, memory_format=self._format)


def as_array(output: Tensor) -> Array:
    """Return a module's output as float32 on the host."""
    array: Array = output.float().contiguous().cpu().numpy()
    return array
