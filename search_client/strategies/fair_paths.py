"""FairPaths: paths that let every candidate of a block run equally often.

Source: FairNAS, arXiv:1907.01845, section 3.2 (strict fairness). Departure: FairNAS adds up the gradients of the paths
of a round and takes one step; here each path is a step of its own, so that a step costs what it always costs.
"""

from collections.abc import Mapping
from typing import Any

import torch

from search_client.modules.super_net import SuperNet


class FairPaths:
    """Each candidate of a block runs exactly once in every so many steps as the block has candidates."""

    def __init__(self) -> None:
        self._waiting: list[list[int]] = []

    def draw(self, supernet: SuperNet, generator: torch.Generator) -> None:
        """Make one candidate of each block active; the generator is one of the CPU's."""
        if not self._waiting:
            self._waiting = [[] for _ in supernet.mixed_ops]
        for mixed_op, waiting in zip(supernet.mixed_ops, self._waiting, strict=True):
            if not waiting:
                waiting.extend(torch.randperm(len(mixed_op.ops), generator=generator).tolist())
            mixed_op.active = waiting.pop()

    def state_dict(self) -> dict[str, Any]:
        """Return which candidates of each block still wait for their turn."""
        return {"waiting": [list(waiting) for waiting in self._waiting]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self._waiting = [list(waiting) for waiting in state["waiting"]]
