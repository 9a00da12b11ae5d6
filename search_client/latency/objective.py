"""Objective: what an architecture step makes small, for one device or for several at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional

from search_client.latency.expected import SupernetCost
from search_client.latency.losses.base import LatencyLoss

CeLoss = Callable[[Tensor, Tensor], Tensor]

#: Whether every cost counts at each step, or the one alone that the derived network exceeds most.
Combination = Literal["all", "worst"]


@dataclass(frozen=True)
class CostTerm:
    """One cost in the loss.

    Attributes:
        label: For people: `pixel-8 tflite`.
        cost: In the unit of `target`.
        target: What the derived network is to cost.
        loss: How cross entropy and this cost become one; it observes every step in which the term counts.
        weight: What this term's change of the loss is multiplied with.
    """

    label: str
    cost: SupernetCost
    target: float
    loss: LatencyLoss
    weight: float = 1.0


class Objective:
    """Cross entropy and the costs, made one.

    Args:
        ce_loss: (logits (N, num_classes), labels (N,)) -> scalar.
        terms: At least one.
        combination: See Combination; with `worst` the loss at each step is that of the term whose derived cost is the
            largest share of its target, which is a subgradient step on the largest share.
    """

    def __init__(self, ce_loss: CeLoss, terms: Sequence[CostTerm], combination: Combination = "all") -> None:
        assert terms, "an objective without a cost is no objective of a search for a device"
        self.ce_loss = ce_loss
        self.terms = tuple(terms)
        self.combination = combination

    def loss(self, ce: Tensor, path_probs: Sequence[Tensor], path: Sequence[int]) -> Tensor:
        """Return what is made small, differentiable in ce and path_probs.

        Args:
            ce: Cross entropy, scalar.
            path_probs: For each block shape (num_candidates,), sums to 1.
            path: The choices that would be derived now; they tell which term is the worst.
        """
        loss = ce
        for term in self.counting(path):
            loss = loss + term.weight * (term.loss(loss, term.cost.expected(path_probs)) - loss)
        return loss

    def loss_of(self, ce: float, path: Sequence[int], derived: Sequence[int]) -> float:
        """Return the loss of one network: its cross entropy with its own costs.

        Args:
            ce: Cross entropy.
            path: The network's choices.
            derived: The choices that would be derived now; see `loss`.
        """
        costs = self.terms[0].cost.blocks
        one_hot = [
            functional.one_hot(torch.tensor(choice), len(of_block)).double()
            for choice, of_block in zip(path, costs, strict=True)
        ]
        return float(self.loss(torch.tensor(ce, dtype=torch.float64), one_hot, derived))

    def counting(self, path: Sequence[int]) -> tuple[CostTerm, ...]:
        """Return the terms that count while these choices would be derived."""
        if self.combination == "all":
            return self.terms
        return (max(self.terms, key=lambda term: term.cost.of_path(path) / term.target),)

    def observe(self, path_probs: Sequence[Tensor], path: Sequence[int]) -> None:
        """Let the losses take note of where a step led to."""
        for term in self.counting(path):
            term.loss.observe(float(term.cost.expected(path_probs).detach()), term.cost.of_path(path))

    def costs(self, path: Sequence[int]) -> tuple[float, ...]:
        """Return what the network of these choices costs, a term each."""
        return tuple(term.cost.of_path(path) for term in self.terms)

    def expected(self, path_probs: Sequence[Tensor]) -> tuple[float, ...]:
        """Return the expected cost over all paths, a term each."""
        return tuple(float(term.cost.expected(path_probs).detach()) for term in self.terms)

    def is_met(self, path: Sequence[int]) -> bool:
        """Say whether a search may end with these choices."""
        return all(self.met(path))

    def met(self, path: Sequence[int]) -> tuple[bool, ...]:
        """Say of each term whether the network of these choices keeps its target.

        One that does not count at these choices is kept wherever it is not exceeded.
        """
        counting, costs = self.counting(path), self.costs(path)
        return tuple(
            term.loss.is_met(cost) or (term not in counting and cost <= term.target)
            for term, cost in zip(self.terms, costs, strict=True)
        )

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed search needs."""
        return {"losses": [term.loss.state_dict() for term in self.terms]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        for term, loss_state in zip(self.terms, state["losses"], strict=True):
            term.loss.load_state_dict(loss_state)
