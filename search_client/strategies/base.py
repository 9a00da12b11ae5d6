"""Strategy: how the architecture parameters learn, and how a network is derived from them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from search_client.architecture import Architecture
from search_client.latency.expected import SupernetLatency
from search_client.latency.losses import LatencyLoss
from search_client.modules.mixed_op import MixedOp
from search_client.modules.super_net import SuperNet
from search_client.spaces.space import Block

CeLoss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Objective:
    """What an architecture step makes small.

    Attributes:
        ce_loss: (logits (N, num_classes), labels (N,)) -> scalar.
        latency: The latencies of the space's ops.
        latency_loss: How the two become one; it observes every step.
    """

    ce_loss: CeLoss
    latency: SupernetLatency
    latency_loss: LatencyLoss


@dataclass(frozen=True)
class ArchStep:
    """What one architecture step saw.

    Attributes:
        ce: Cross entropy of the sampled path on the batch, before the step.
        loss: What was made small, before the step.
        expected_ms: Expected latency over all paths, after the step, milliseconds.
        derived_ms: Latency of the network that would be derived now, after the step, milliseconds.
    """

    ce: float
    loss: float
    expected_ms: float
    derived_ms: float


class Strategy(Protocol):
    """What every strategy can do; it holds no state of its own: the supernet's is enough to resume a run."""

    def make_mixed_op(self, block: Block) -> MixedOp:
        """Return the module of one block, for `SuperNet(..., make_mixed_op=strategy.make_mixed_op)`."""
        ...

    def arch_step(
        self,
        supernet: SuperNet,
        images: Tensor,
        labels: Tensor,
        objective: Objective,
        optimizer: torch.optim.Optimizer,
        generator: torch.Generator,
    ) -> ArchStep:
        """Improve the alphas by one batch of the held-out split; weights and batch statistics stay as they are.

        Args:
            supernet: One whose blocks this strategy made, in training mode.
            images: Shape (N, 3, resolution, resolution).
            labels: Shape (N,), class indices.
            objective: What is made small.
            optimizer: Over `supernet.arch_params()`.
            generator: A generator of the CPU, for the paths.
        """
        ...

    def derive(self, supernet: SuperNet) -> Architecture:
        """Return the network that the alphas speak for."""
        ...
