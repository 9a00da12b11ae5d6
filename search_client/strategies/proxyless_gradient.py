"""ProxylessNAS with two-path binary gates, learned by gradient.

Source: Cai, Zhu, Han, "ProxylessNAS", arXiv:1812.00332, section 3.2 (binary gates, two-path update) and 3.3 (latency).

Where we depart from the official code (mit-han-lab/proxylessnas), and why:
- Zero hands the block's input on where the official code adds zeros to the skip. Every candidate of such a block has
  the skip, so all inner products <dL/dy, o_j(x)> differ by the same <dL/dy, x>, which the softmax's Jacobian cancels:
  the gradient is the same.
- An active Zero keeps its latency gradient; the official code drops the whole gradient of such a block.
- A path that is run for its inner product only, and the active path of an architecture step too, leave all batch
  statistics as they are; the official code lets both write into them.
- The rescaling after the step works in logarithms, so that large alphas do not overflow.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from latency_service.contract.errors import InvalidInput
from search_client.architecture import Architecture
from search_client.compute import Compute
from search_client.derivation import Derivation
from search_client.latency.objective import Objective
from search_client.modules.batch_norm import frozen_statistics
from search_client.modules.mixed_op import MixedOp
from search_client.modules.super_net import SuperNet
from search_client.spaces.space import Block
from search_client.strategies.base import ArchStep

NAME = "proxyless-gradient"


def sample_pair(path_probs: Tensor, generator: torch.Generator) -> Tensor:
    """Return two different candidates drawn without replacement from Multinomial(path_probs).

    Args:
        path_probs: Shape (num_candidates,), on the CPU.
        generator: A generator of the CPU.

    Returns:
        Shape (2,), indices in the order drawn.
    """
    return torch.multinomial(path_probs, 2, replacement=False, generator=generator)


def pair_probs(alpha: Tensor, pair: Tensor) -> Tensor:
    """Return the softmax over just the pair's two logits, shape (2,), differentiable in alpha (num_candidates,)."""
    return torch.softmax(alpha[pair], dim=0)


def alpha_gradient(gate_gradient: Tensor, probs: Tensor) -> Tensor:
    """Return dL/dalpha_i = sum_j dL/dg_j p_j (delta_ij - p_i), for any number of gates.

    Args:
        gate_gradient: Shape (n,), dL/dg_j = <dL/dy, o_j(x)>.
        probs: Shape (n,), the softmax of the same logits.

    Source: arXiv:1812.00332, equation 4.
    """
    return probs * (gate_gradient - (gate_gradient * probs).sum())


def rescale_pair(alpha_before: Tensor, alpha_after: Tensor, pair: Tensor) -> Tensor:
    """Return alpha_after with its pair shifted so that the probabilities of all other candidates are what they were.

    Args:
        alpha_before: Shape (num_candidates,), before the optimiser's step.
        alpha_after: Shape (num_candidates,), after it.
        pair: Shape (2,), the only candidates that the step changed.
    """
    growth = alpha_after[pair].logsumexp(0) - alpha_before[pair].logsumexp(0)
    return alpha_after.index_add(0, pair, -growth.expand(2))


class _BinaryGates(torch.autograd.Function):
    """g_0 y_0 + g_1 y_1 with gates (1, 0): forward hands y_0 on; backward gives the pair's logits their gradient."""

    @staticmethod
    def forward(ctx: Any, pair_alpha: Tensor, active_output: Tensor, inactive_output: Tensor) -> Tensor:
        ctx.save_for_backward(pair_alpha, active_output, inactive_output)
        return active_output.view_as(active_output)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        (output_gradient,) = gradients
        pair_alpha, active_output, inactive_output = ctx.saved_tensors
        dtype = pair_alpha.dtype  # in half precision the products overflow
        inner_products = [
            (output_gradient.to(dtype) * output.to(dtype)).sum() for output in (active_output, inactive_output)
        ]
        gate_gradient = torch.stack(inner_products).to(pair_alpha)
        return alpha_gradient(gate_gradient, torch.softmax(pair_alpha, dim=0)), output_gradient, None


_gated_output: Callable[[Tensor, Tensor, Tensor], Tensor] = _BinaryGates.apply


class TwoPathMixedOp(MixedOp):
    """A MixedOp that, while it holds a pair, gives alpha the two-path gradient.

    Attributes:
        pair: Shape (2,), the active and the inactive candidate, or None outside of architecture steps.
    """

    def __init__(self, block: Block) -> None:
        super().__init__(block)
        self.pair: Tensor | None = None

    def draw_pair(self, generator: torch.Generator) -> None:
        """Draw two candidates by the path probabilities, and which of the two is active by the pair's own."""
        alpha = self.alpha.detach().cpu().double()
        drawn = sample_pair(torch.softmax(alpha, dim=0), generator)
        first = torch.multinomial(pair_probs(alpha, drawn), 1, generator=generator)
        pair = torch.cat([drawn[first], drawn[1 - first]])
        self.active = int(pair[0])
        self.pair = pair.to(self.alpha.device)

    def drop_pair(self) -> None:
        """Go back to running the active op alone."""
        self.pair = None

    def path_probs(self) -> Tensor:
        """Return softmax(alpha), or the pair's renormalised probabilities while there is one; (num_candidates,)."""
        if self.pair is None:
            return super().path_probs()
        return torch.zeros_like(self.alpha).scatter(0, self.pair, pair_probs(self.alpha, self.pair))

    def forward(self, x: Tensor) -> Tensor:
        """Run the active op on x, shape (N, C, H, W); a pair's inactive op computes its output and nothing else."""
        if self.pair is None:
            return super().forward(x)
        inactive = self.ops[int(self.pair[1])]
        with torch.no_grad(), frozen_statistics(inactive):
            inactive_output = inactive(x)
        return _gated_output(self.alpha[self.pair], super().forward(x), inactive_output)


@dataclass(frozen=True)
class ProxylessGradient:
    """The two-path strategy: each step enhances one of two sampled paths a block and attenuates the other."""

    def make_mixed_op(self, block: Block) -> TwoPathMixedOp:
        """Return the module of one block."""
        return TwoPathMixedOp(block)

    def arch_step(
        self,
        supernet: SuperNet,
        images: Tensor,
        labels: Tensor,
        objective: Objective,
        optimizer: torch.optim.Optimizer,
        generator: torch.Generator,
        compute: Compute | None = None,
    ) -> ArchStep:
        """Improve the alphas by one batch; see `Strategy.arch_step`.

        Raises:
            InvalidInput: Another strategy made the supernet's blocks, or the optimiser moves alphas without a gradient.
        """
        compute = compute or Compute()
        mixed_ops = _two_path_ops(supernet)
        _refuse_momentum(optimizer)
        for mixed_op in mixed_ops:
            mixed_op.draw_pair(generator)
        try:
            with frozen_statistics(supernet), compute.autocast():
                ce = objective.ce_loss(supernet(images), labels)
            loss = objective.loss(ce, supernet.path_probs(), supernet.most_probable_path())
            _step_alphas(mixed_ops, loss, optimizer, compute)
        finally:
            for mixed_op in mixed_ops:
                mixed_op.drop_pair()
        return _observe(supernet, objective, ce, loss)

    def derive(self, supernet: SuperNet, derivation: Derivation) -> Architecture:
        """Return the network that the path probabilities speak for."""
        return Architecture.of(supernet.space, derivation(supernet.path_probs()))


def _step_alphas(
    mixed_ops: list[TwoPathMixedOp], loss: Tensor, optimizer: torch.optim.Optimizer, compute: Compute
) -> None:
    alphas = [mixed_op.alpha for mixed_op in mixed_ops]
    before = [alpha.detach().clone() for alpha in alphas]
    compute.descend(loss, alphas, optimizer)
    with torch.no_grad():
        for mixed_op, alpha_before in zip(mixed_ops, before, strict=True):
            assert mixed_op.pair is not None
            mixed_op.alpha.copy_(rescale_pair(alpha_before, mixed_op.alpha, mixed_op.pair))


def _observe(supernet: SuperNet, objective: Objective, ce: Tensor, loss: Tensor) -> ArchStep:
    path_probs, path = supernet.path_probs(), supernet.most_probable_path()
    objective.observe(path_probs, path)
    return ArchStep(ce.item(), loss.item(), objective.expected(path_probs), objective.costs(path))


def _two_path_ops(supernet: SuperNet) -> list[TwoPathMixedOp]:
    mixed_ops = [mixed_op for mixed_op in supernet.mixed_ops if isinstance(mixed_op, TwoPathMixedOp)]
    if len(mixed_ops) != len(supernet.mixed_ops):
        raise InvalidInput(f"the supernet was not made for {NAME}: hand its make_mixed_op to SuperNet")
    return mixed_ops


def _refuse_momentum(optimizer: torch.optim.Optimizer) -> None:
    """Momentum and decay would move the unsampled candidates too, whose probabilities a step must keep."""
    for group in optimizer.param_groups:
        momentum = group.get("betas", (group.get("momentum", 0.0),))[0]
        if momentum or group.get("weight_decay", 0.0):
            raise InvalidInput(
                f"{NAME} needs an optimiser without momentum or decay: Adam with betas (0.0, 0.999) is the paper's"
            )
