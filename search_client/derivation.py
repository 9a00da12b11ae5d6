"""Derivation: which one of the networks that the path probabilities speak for is built.

`argmax` takes the most probable op of each block, as ProxylessNAS does (arXiv:1812.00332, section 3.2), whatever the
network costs. `budgeted` takes the most probable network within all targets; where the loss asks for a target to be
spent, it is the most probable one of those that also spend it, if there is one.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from torch import Tensor

from latency_service.contract.errors import InvalidInput
from search_client.knapsack import Floats, Row, most_valuable_choices
from search_client.latency.objective import Combination, CostTerm
from search_client.modules.super_net import Path

DerivationRule = Literal["argmax", "budgeted"]

#: For each block path probabilities of shape (num_candidates,) -> for each block the index of its candidate.
Derivation = Callable[[Sequence[Tensor]], Path]


class NothingFits(InvalidInput):
    """No network of the space keeps all targets at once; the message says what they are."""

    code = "nothing_fits"


def make_derivation(rule: DerivationRule, terms: Sequence[CostTerm], combination: Combination) -> Derivation:
    """Return what derives a network by a rule.

    Args:
        rule: See the module.
        terms: What the network costs, and the targets.
        combination: Whether each of the targets is to be spent, or any one of them.
    """
    if rule == "argmax":
        return argmax_path
    return lambda path_probs: budgeted_path(path_probs, terms, combination)


def argmax_path(path_probs: Sequence[Tensor]) -> Path:
    """Return each block's most probable candidate; of equal ones the first."""
    return tuple(int(probs.argmax()) for probs in path_probs)


def budgeted_path(path_probs: Sequence[Tensor], terms: Sequence[CostTerm], combination: Combination = "all") -> Path:
    """Return the most probable network within all targets that spends what the losses ask to be spent; exact.

    Args:
        path_probs: For each block shape (num_candidates,), sums to 1.
        terms: Whose costs and targets count.
        combination: With `all` each loss's `least_share` of its target is to be spent, with `worst` that of any one.
            Where no network does, the most probable one within all targets is returned.

    Raises:
        NothingFits: No network is within all targets.
    """
    thrifty = [term for term in terms if term.loss.least_share > 0]
    to_spend = [thrifty] if combination == "all" else [[term] for term in thrifty]
    paths = [_most_probable(path_probs, terms, spent) for spent in to_spend]
    found = [path for path in paths if path is not None]
    if found:
        return max(found, key=lambda path: _log_prob(path_probs, path))
    path = _most_probable(path_probs, terms, [])
    if path is None:
        raise NothingFits(f"no network of space {terms[0].cost.space.name!r} keeps {_targets(terms)}; raise a target")
    return path


def _most_probable(path_probs: Sequence[Tensor], terms: Sequence[CostTerm], spent: Sequence[CostTerm]) -> Path | None:
    """Return the most probable network within all targets that spends these; None where there is none."""
    limits = [term.target - term.cost.fixed for term in terms]
    limits += [term.cost.fixed - term.loss.least_share * term.target for term in spent]
    rows = [
        Row(
            values=_log_probs(probs),
            costs=np.stack(
                [term.cost.blocks[block].numpy() for term in terms]
                + [-term.cost.blocks[block].numpy() for term in spent],
                axis=1,
            ),
        )
        for block, probs in enumerate(path_probs)
    ]
    return most_valuable_choices(rows, np.array(limits))


def _log_prob(path_probs: Sequence[Tensor], path: Path) -> float:
    return sum(float(_log_probs(probs)[choice]) for probs, choice in zip(path_probs, path, strict=True))


def _log_probs(probs: Tensor) -> Floats:
    """Return finite logarithms: a probability may have come to 0, and its candidate still be needed."""
    logs: Floats = np.log(np.maximum(probs.detach().cpu().double().numpy(), np.finfo(np.float64).tiny))
    return logs


def _targets(terms: Sequence[CostTerm]) -> str:
    return " and ".join(f"{term.target:g} {term.cost.unit} on {term.label}" for term in terms)
