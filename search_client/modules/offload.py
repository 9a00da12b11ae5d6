"""Offload: candidates that do not run wait in host memory.

A supernet's candidates hold nearly all of its weights, and one of them a block runs at a time. With offloading, the
device holds stem, head, alphas and what the present step runs, each with its momentum; it costs a copy there and one
back for every candidate and step.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from search_client.modules.super_net import SuperNet

Move = Callable[[Tensor, torch.device], Tensor]

HOST = torch.device("cpu")


class Offload:
    """Fetches a candidate when it runs; `release` sends all that were fetched back.

    A candidate that runs without gradient - for its inner product alone - goes back at once: nothing in the graph
    refers to its weights.

    Args:
        supernet: On the host; its fixed parts move to the device now.
        optimizer: Over its weights: a candidate's momentum travels with it.
        device: Where steps are computed.
        move: Copies a tensor to a device; a test hands in its own.

    Attributes:
        resident: The candidates that stay on the device until they are released.
    """

    def __init__(
        self, supernet: SuperNet, optimizer: torch.optim.Optimizer, device: torch.device, move: Move = Tensor.to
    ) -> None:
        self.resident: set[nn.Module] = set()
        self._optimizer = optimizer
        self._device = device
        self._move = move
        for part in (supernet.stem, supernet.head):
            self._send(part, device)
        for mixed_op in supernet.mixed_ops:
            mixed_op.alpha.data = move(mixed_op.alpha.data, device)
            for candidate in mixed_op.ops:
                candidate.register_forward_pre_hook(self._fetch)
                candidate.register_forward_hook(self._drop)

    def release(self) -> None:
        """Send every candidate back to the host; between steps none is on the device."""
        for candidate in self.resident:
            self._send(candidate, HOST)
        self.resident.clear()

    def _fetch(self, candidate: nn.Module, _inputs: Any) -> None:
        if candidate in self.resident:
            return
        self._send(candidate, self._device)
        if torch.is_grad_enabled():
            self.resident.add(candidate)

    def _drop(self, candidate: nn.Module, _inputs: Any, _output: Any) -> None:
        if candidate not in self.resident:
            self._send(candidate, HOST)

    def _send(self, module: nn.Module, device: torch.device) -> None:
        for param in module.parameters():
            param.data = self._move(param.data, device)
            state = self._optimizer.state.get(param, {})
            for name, value in state.items():
                if isinstance(value, Tensor):
                    state[name] = self._move(value, device)
        for buffer in module.buffers():
            buffer.data = self._move(buffer.data, device)
