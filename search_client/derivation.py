"""Derivation: which one of the networks that the path probabilities speak for is built.

`argmax` takes the most probable op of each block, as ProxylessNAS does (arXiv:1812.00332, section 3.2), whatever the
network costs. `budgeted` takes the most probable network of those that keep every target.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from torch import Tensor

from latency_service.contract.errors import InvalidInput
from search_client.knapsack import Row, most_valuable_choices
from search_client.latency.objective import CostTerm
from search_client.modules.super_net import Path

DerivationRule = Literal["argmax", "budgeted"]

#: For each block path probabilities of shape (num_candidates,) -> for each block the index of its candidate.
Derivation = Callable[[Sequence[Tensor]], Path]


class NothingFits(InvalidInput):
    """No network of the space keeps all targets at once; the message says what they are."""

    code = "nothing_fits"


def make_derivation(rule: DerivationRule, terms: Sequence[CostTerm]) -> Derivation:
    """Return what derives a network by a rule.

    Args:
        rule: See the module.
        terms: What the network costs, and the targets.
    """
    if rule == "argmax":
        return argmax_path
    return lambda path_probs: budgeted_path(path_probs, terms)


def argmax_path(path_probs: Sequence[Tensor]) -> Path:
    """Return each block's most probable candidate; of equal ones the first."""
    return tuple(int(probs.argmax()) for probs in path_probs)


def budgeted_path(path_probs: Sequence[Tensor], terms: Sequence[CostTerm]) -> Path:
    """Return the most probable of the networks that cost no more than any target; exact.

    Args:
        path_probs: For each block shape (num_candidates,), sums to 1.
        terms: Whose costs and targets count.

    Raises:
        NothingFits: There is no such network.
    """
    smallest = np.finfo(np.float64).tiny  # a probability may have come to 0, and its candidate still be needed
    rows = [
        Row(
            values=np.log(np.maximum(probs.detach().cpu().double().numpy(), smallest)),
            costs=np.stack([term.cost.blocks[block].numpy() for term in terms], axis=1),
        )
        for block, probs in enumerate(path_probs)
    ]
    limits = np.array([term.target - term.cost.fixed for term in terms])
    choices = most_valuable_choices(rows, limits)
    if choices is None:
        raise NothingFits(f"no network of space {terms[0].cost.space.name!r} keeps {_targets(terms)}; raise a target")
    return choices


def _targets(terms: Sequence[CostTerm]) -> str:
    return " and ".join(f"{term.target:g} {term.cost.unit} on {term.label}" for term in terms)
