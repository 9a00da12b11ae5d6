"""ProxylessNAS with REINFORCE: whole sampled networks are rewarded, and the alphas climb the expected reward.

Source: Cai, Zhu, Han, "ProxylessNAS", arXiv:1812.00332, section 3.3.2 and appendix; Williams 1992 for the estimator.

Where we depart from the official code (mit-han-lab/proxylessnas), and why:
- The baseline moves as `decay * old + (1 - decay) * mean`; the official code has the two factors interchanged.
- A step's baseline is what earlier steps gave, so that it does not depend on the networks that it is taken from, and
  the gradient's mean stays right. The first step alone has none, and takes its own mean.
- The reward is, unless asked otherwise, the negated loss of the search, so that every latency loss serves here, too.
- Networks are judged by the batch's statistics and leave the running ones as they are.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional

from latency_service.contract.errors import InvalidInput
from search_client.compute import Compute
from search_client.latency.objective import Objective
from search_client.modules.mixed_op import MixedOp
from search_client.modules.super_net import Path, SuperNet
from search_client.spaces.space import Block
from search_client.strategies.base import ArchStep
from search_client.strategies.exploration import Exploration, FairPhases
from search_client.strategies.exploring_strategy import ExploringStrategy, observed
from search_client.strategies.judging import Judgement, judge

NAME = "proxyless-reinforce"

#: What makes a network good: the negated loss of the search, or accuracy and latencies as the official code has it.
RewardKind = Literal["loss", "accuracy"]


def log_prob(logits: Sequence[Tensor], path: Sequence[int]) -> Tensor:
    """Return the logarithm of a path's probability, a differentiable scalar.

    Args:
        logits: For each block shape (num_candidates,).
        path: For each block the index of one of its candidates.
    """
    return torch.stack(
        [functional.log_softmax(of_block, dim=0)[choice] for of_block, choice in zip(logits, path, strict=True)]
    ).sum()


def surrogate_loss(log_probs: Tensor, rewards: Tensor, baseline: float) -> Tensor:
    """Return what has the gradient -(1/M) sum_m (R_m - b) grad log p(g_m), a scalar.

    Args:
        log_probs: Shape (M,), differentiable in the logits.
        rewards: Shape (M,).
        baseline: b; any number that does not depend on these M networks leaves the gradient's mean as it is.

    Source: arXiv:1812.00332, section 3.3.2, equation 7.
    """
    return -((rewards - baseline) * log_probs).mean()


def moved_baseline(baseline: float | None, mean_reward: float, decay: float) -> float:
    """Return decay * old + (1 - decay) * mean; the mean where there is none yet."""
    return mean_reward if baseline is None else decay * baseline + (1.0 - decay) * mean_reward


def released_reward(accuracy: float, objective: Objective, path: Sequence[int], exponent: float) -> float:
    """Return accuracy * prod (target / cost)^(exponent * weight) over the terms that count at a path.

    Source: mit-han-lab/proxylessnas, `RLArchSearchConfig.calculate_reward`, for several costs.
    """
    factor = 1.0
    for term in objective.counting(path):
        factor *= math.pow(term.target / term.cost.of_path(path), exponent * term.weight)
    return accuracy * factor


class ProxylessReinforce(ExploringStrategy):
    """Each step draws some networks, rewards them on one batch without gradient, and favours those above the baseline.

    Args:
        networks: M, how many networks a step judges; 10 as released.
        reward: `loss`: the negated loss of the search, with each network's own costs in it. `accuracy`: as released;
            what the search's latency loss is then only tells when a target is met.
            Where the worst cost alone counts, `loss` asks of every network the cost that is the worst of the one that
            would be derived now, `accuracy` each network's own worst.
        exponent: Of target / cost in the reward `accuracy`.
        baseline_decay: Share of the old baseline in the new one.
        entropy_weight: What the path probabilities' entropy, in nats and summed over the blocks, adds to the reward.
        temperature: See Exploration; as entropy_floor and fair_sampling.

    Attributes:
        baseline: The moving mean of the rewards; None before the first step.

    Raises:
        InvalidInput: A number is out of its range.
    """

    def __init__(
        self,
        networks: int = 10,
        reward: RewardKind = "loss",
        exponent: float = 0.1,
        baseline_decay: float = 0.9,
        entropy_weight: float = 0.0,
        temperature: float = 1.0,
        entropy_floor: float = 0.0,
        fair_sampling: FairPhases = "never",
    ) -> None:
        super().__init__(Exploration(temperature, entropy_floor, fair_sampling))
        if networks < 2 or min(exponent, entropy_weight) < 0 or not 0 <= baseline_decay < 1:
            raise InvalidInput(
                "networks must be at least 2, exponent and entropy_weight not negative and baseline_decay at least 0 "
                f"and below 1; got {networks}, {exponent}, {entropy_weight} and {baseline_decay}"
            )
        self.networks = networks
        self.reward: RewardKind = reward
        self.exponent = exponent
        self.baseline_decay = baseline_decay
        self.entropy_weight = entropy_weight
        self.baseline: float | None = None

    def make_mixed_op(self, block: Block) -> MixedOp:
        """Return the module of one block."""
        return MixedOp(block)

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
        """Improve the alphas by one batch; see `Strategy.arch_step`."""
        compute = compute or Compute()
        self.exploration.set_temperature(supernet, progress)
        paths = [_drawn(supernet, generator) for _ in range(self.networks)]
        judgements = judge(supernet, paths, images, labels, objective.ce_loss, compute)
        rewards = self._rewards(supernet, objective, paths, judgements)
        mean_reward = float(rewards.mean())
        baseline = mean_reward if self.baseline is None else self.baseline
        self._climb(supernet, paths, rewards, baseline, optimizer, compute)
        self.baseline = moved_baseline(self.baseline, mean_reward, self.baseline_decay)
        self.exploration.keep_floor(supernet, progress)
        mean_ce = sum(judgement.ce for judgement in judgements) / len(judgements)
        return observed(supernet, objective, mean_ce, -mean_reward)

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed search needs."""
        return {**super().state_dict(), "baseline": self.baseline}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        super().load_state_dict(state)
        self.baseline = state["baseline"]

    def _rewards(
        self, supernet: SuperNet, objective: Objective, paths: Sequence[Path], judgements: Sequence[Judgement]
    ) -> Tensor:
        derived = supernet.most_probable_path()
        rewards = [
            released_reward(judgement.accuracy, objective, path, self.exponent)
            if self.reward == "accuracy"
            else -objective.loss_of(judgement.ce, path, derived)
            for path, judgement in zip(paths, judgements, strict=True)
        ]
        return torch.tensor(rewards, dtype=torch.float64)

    def _climb(
        self,
        supernet: SuperNet,
        paths: Sequence[Path],
        rewards: Tensor,
        baseline: float,
        optimizer: torch.optim.Optimizer,
        compute: Compute,
    ) -> None:
        logits = [mixed_op.logits() for mixed_op in supernet.mixed_ops]
        log_probs = torch.stack([log_prob(logits, path) for path in paths])
        loss = surrogate_loss(log_probs, rewards.to(log_probs), baseline)
        if self.entropy_weight:
            entropies = [torch.special.entr(probs).sum() for probs in supernet.path_probs()]
            loss = loss - self.entropy_weight * torch.stack(entropies).sum()
        compute.descend([loss], list(supernet.arch_params()), optimizer)


def _drawn(supernet: SuperNet, generator: torch.Generator) -> Path:
    supernet.sample_path(generator)
    return supernet.path
