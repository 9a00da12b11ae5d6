"""Strategy: how the architecture parameters learn, and how a network is derived from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from search_client.architecture import Architecture
from search_client.compute import Compute
from search_client.derivation import Derivation
from search_client.latency.objective import Objective
from search_client.modules.mixed_op import MixedOp
from search_client.modules.super_net import Path, SuperNet
from search_client.spaces.space import Block


@dataclass(frozen=True)
class ArchStep:
    """What one architecture step saw.

    Attributes:
        ce: Cross entropy of the sampled path on the batch, before the step; of several paths the mean.
        loss: What was made small, before the step.
        expected: Expected cost over all paths, after the step, a term of the objective each.
        derived: Cost of the network of the most probable ops, after the step, a term of the objective each.
    """

    ce: float
    loss: float
    expected: tuple[float, ...]
    derived: tuple[float, ...]


class Strategy(Protocol):
    """What every strategy can do."""

    def make_mixed_op(self, block: Block) -> MixedOp:
        """Return the module of one block, for `SuperNet(..., make_mixed_op=strategy.make_mixed_op)`."""
        ...

    def draw_path(self, supernet: SuperNet, generator: torch.Generator, progress: float | None) -> None:
        """Make the path active that the next weight step trains.

        Args:
            supernet: One whose blocks this strategy made.
            generator: A generator of the CPU, for the paths; alike on all ranks.
            progress: Share of the search's planned steps that are done, 0 to 1; None in the warm-up.
        """
        ...

    def arch_step(
        self,
        supernet: SuperNet,
        images: Tensor,
        labels: Tensor,
        objective: Objective,
        optimizer: torch.optim.Optimizer,
        generator: torch.Generator,
        compute: Compute | None = None,
        progress: float = 1.0,
    ) -> ArchStep:
        """Improve the alphas by one batch of the held-out split; weights and batch statistics stay as they are.

        Args:
            supernet: One whose blocks this strategy made, in training mode.
            images: Shape (N, 3, resolution, resolution).
            labels: Shape (N,), class indices.
            objective: What is made small.
            optimizer: Over `supernet.arch_params()`.
            generator: A generator of the CPU, for the paths; alike on all ranks.
            compute: How precisely, and by how many ranks; None: as the tensors are, alone.
            progress: Share of the search's planned steps that are done, 0 to 1, for what fades out; 1 beyond them.
        """
        ...

    def require_optimizer(self, optimizer: torch.optim.Optimizer) -> None:
        """Return only where architecture steps can be taken with an optimiser set like this one.

        Raises:
            InvalidInput: They cannot.
        """
        ...

    def leading_path(self, supernet: SuperNet) -> Path:
        """Return the choices that lead now, whatever their network costs: what a watcher is shown."""
        ...

    def derive(self, supernet: SuperNet, derivation: Derivation) -> Architecture:
        """Return the network that the search has found.

        Args:
            supernet: One whose blocks this strategy made.
            derivation: Which network path probabilities speak for.
        """
        ...

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed search needs beside supernet and optimiser: JSON values and tensors."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        ...
