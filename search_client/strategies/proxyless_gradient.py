"""ProxylessNAS with binary gates, learned by gradient.

Source: Cai, Zhu, Han, "ProxylessNAS", arXiv:1812.00332, section 3.2 (binary gates, two-path update) and 3.3 (latency).

Where we depart from the official code (mit-han-lab/proxylessnas), and why:
- Zero hands the block's input on where the official code adds zeros to the skip. Every candidate of such a block has
  the skip, so all inner products <dL/dy, o_j(x)> differ by the same <dL/dy, x>, which the softmax's Jacobian cancels:
  the gradient is the same.
- An active Zero keeps its latency gradient; the official code drops the whole gradient of such a block.
- A path that is run for its inner product only, and the active path of an architecture step too, leave all batch
  statistics as they are; the official code lets both write into them.
- Inactive paths run in the backward pass with two paths, too, so that their outputs need not be held.
- The rescaling after the step works in logarithms, so that large alphas do not overflow.
"""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from latency_service.contract.errors import InvalidInput
from search_client.compute import Compute
from search_client.latency.objective import Objective
from search_client.modules.batch_norm import frozen_statistics
from search_client.modules.super_net import SuperNet
from search_client.spaces.space import Block
from search_client.strategies.base import ArchStep
from search_client.strategies.exploration import Exploration, FairPhases
from search_client.strategies.exploring_strategy import ExploringStrategy, observed
from search_client.strategies.gated_mixed_op import GatedMixedOp, Gates

NAME = "proxyless-gradient"


class ProxylessGradient(ExploringStrategy):
    """Each step enhances some of the sampled paths of a block at the cost of the others that are sampled.

    Args:
        gates: `two-path` samples two a block, and costs one further forward pass; `full` takes all, and costs one for
            each candidate. Either holds the activations of one path.
        temperature: See Exploration; as entropy_floor and fair_sampling.

    Raises:
        InvalidInput: A number is out of its range.
    """

    def __init__(
        self,
        gates: Gates = "two-path",
        temperature: float = 1.0,
        entropy_floor: float = 0.0,
        fair_sampling: FairPhases = "never",
    ) -> None:
        super().__init__(Exploration(temperature, entropy_floor, fair_sampling))
        self.gates: Gates = gates

    def make_mixed_op(self, block: Block) -> GatedMixedOp:
        """Return the module of one block."""
        return GatedMixedOp(block, self.gates)

    def require_optimizer(self, optimizer: torch.optim.Optimizer) -> None:
        """Return only where two-path gates are not joined with momentum or decay.

        Either would move the unsampled candidates too, whose probabilities a step must keep.

        Raises:
            InvalidInput: They are.
        """
        momenta = [group.get("betas", (group.get("momentum", 0.0),))[0] for group in optimizer.param_groups]
        decays = [group.get("weight_decay", 0.0) for group in optimizer.param_groups]
        if self.gates == "two-path" and any(momenta + decays):
            raise InvalidInput(
                f"{NAME} with two-path gates needs an optimiser without momentum or decay: the paper's is Adam with "
                "betas (0.0, 0.999), which alpha_betas sets"
            )

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
        """Improve the alphas by one batch; see `Strategy.arch_step`.

        Raises:
            InvalidInput: Another strategy made the supernet's blocks, or the optimiser moves alphas without a gradient.
        """
        compute = compute or Compute()
        mixed_ops = _gated_ops(supernet)
        self.require_optimizer(optimizer)
        self.exploration.set_temperature(supernet, progress)
        for mixed_op in mixed_ops:
            mixed_op.draw_gates(generator)
        seen: list[Tensor] = []
        try:
            losses = _losses(supernet, (images, labels), objective, compute, seen)
            _step_alphas(mixed_ops, losses, optimizer, compute)
        finally:
            for mixed_op in mixed_ops:
                mixed_op.drop_gates()
        self.exploration.keep_floor(supernet, progress)
        ce, loss = compute.ranks.mean(torch.stack(seen).mean(0)).tolist()
        return observed(supernet, objective, ce, loss)


def _losses(
    supernet: SuperNet, batch: tuple[Tensor, Tensor], objective: Objective, compute: Compute, seen: list[Tensor]
) -> Iterator[Tensor]:
    """Yield each part's share of the mean loss, and note its cross entropy and loss.

    The mean of the parts' losses is the loss of the mean cross entropy: every latency loss is affine in it.
    """
    for images, labels in compute.parts(batch):
        with frozen_statistics(supernet), compute.autocast():
            ce = objective.ce_loss(supernet(images), labels)
        loss = objective.loss(ce, supernet.path_probs(), supernet.most_probable_path())
        seen.append(torch.stack([ce.detach().to(loss.dtype), loss.detach()]))
        yield loss / compute.accumulate


def _step_alphas(
    mixed_ops: list[GatedMixedOp], losses: Iterable[Tensor], optimizer: torch.optim.Optimizer, compute: Compute
) -> None:
    alphas = [mixed_op.alpha for mixed_op in mixed_ops]
    before = [alpha.detach().clone() for alpha in alphas]
    compute.descend(losses, alphas, optimizer)
    for mixed_op, alpha_before in zip(mixed_ops, before, strict=True):
        mixed_op.rescale(alpha_before)


def _gated_ops(supernet: SuperNet) -> list[GatedMixedOp]:
    mixed_ops = [mixed_op for mixed_op in supernet.mixed_ops if isinstance(mixed_op, GatedMixedOp)]
    if len(mixed_ops) != len(supernet.mixed_ops):
        raise InvalidInput(f"the supernet was not made for {NAME}: hand its make_mixed_op to SuperNet")
    return mixed_ops
