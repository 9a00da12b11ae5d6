"""What a search holds its network's costs against, made of its config and its tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from latency_service.contract.errors import InvalidInput
from search_client.data.dataset import ImageSet
from search_client.derivation import budgeted_path
from search_client.latency.additive import require_additive
from search_client.latency.cost_table import CostTable
from search_client.latency.expected import SupernetCost
from search_client.latency.losses import constrained
from search_client.latency.losses.registry import make_loss
from search_client.latency.objective import CostTerm
from search_client.latency.table import LatencyTable
from search_client.spaces.registry import make_space
from search_client.spaces.space import SearchSpace
from search_client.strategies.registry import make_strategy
from search_client.training.config import SearchConfig
from search_client.training.search_state import make_arch_optimizer, make_splits


def require_parts(config: SearchConfig) -> None:
    """Check what a search is made of by name, which needs neither tables nor images.

    Raises:
        UnknownName: There is no such space, strategy or loss.
        InvalidInput: A parameter of theirs is wrong.
    """
    make_strategy(config.strategy, **config.strategy_params)
    make_space(config.space, **config.space_params)
    num_terms = len(config.targets) + len(config.costs)
    make_loss(config.loss, target=config.targets[0].target_ms, **_loss_params(config, num_terms))


def feasible_terms(config: SearchConfig, tables: Sequence[CostTable], image_set: ImageSet) -> tuple[CostTerm, ...]:
    """Return what a search would hold its network's costs against, after all that can be checked beforehand.

    Args:
        config: The search.
        tables: Of each of its targets, and then of each of its costs.
        image_set: Its data set.

    Raises:
        NotAdditive: A table's sums do not tell what networks take, and the config does not accept that.
        MissingEntries: A table lacks some of the space's ops.
        UnknownName: There is no such space, strategy or loss.
        InvalidInput: A parameter of theirs is wrong, no network of the space can have a target or keep all of them, or
            the images fit neither space nor batch.
    """
    strategy = make_strategy(config.strategy, **config.strategy_params)
    strategy.require_optimizer(make_arch_optimizer([torch.nn.Parameter(torch.zeros(1))], config))
    if not config.accept_not_additive:
        require_additive(table for table in tables if isinstance(table, LatencyTable))
    space = make_space(config.space, **config.space_params)
    terms = _terms(config, space, tables)
    if config.derivation == "budgeted":
        budgeted_path([torch.ones(len(block.candidates)) for block in space.blocks], terms, config.combination)
    wanted, given = (space.resolution, space.num_classes), (image_set.resolution, image_set.num_classes)
    if wanted != given:
        raise InvalidInput(
            f"space {space.name!r} takes {wanted[0]} pixels and {wanted[1]} classes, but data set {image_set.name!r} "
            f"has {given[0]} pixels and {given[1]} classes; set the space's parameters resolution and num_classes"
        )
    make_splits(config, image_set)
    return terms


def _terms(config: SearchConfig, space: SearchSpace, tables: Sequence[CostTable]) -> tuple[CostTerm, ...]:
    aims = [(each.label, each.target_ms, each.weight) for each in config.targets]
    aims += [(each.label, each.target, each.weight) for each in config.costs]
    params = _loss_params(config, len(aims))
    return tuple(
        _term(config.loss, params, label, target, weight, SupernetCost(space, table))
        for (label, target, weight), table in zip(aims, tables, strict=True)
    )


def _loss_params(config: SearchConfig, num_terms: int) -> Mapping[str, Any]:
    """Several costs cannot all be equal to their targets at once: they are limits, unless only the worst counts."""
    if config.loss == constrained.NAME and num_terms > 1 and config.combination == "all":
        return {"bound": "at-most", **config.loss_params}
    return config.loss_params


def _term(
    loss: str, params: Mapping[str, Any], label: str, target: float, weight: float, cost: SupernetCost
) -> CostTerm:
    least, most = cost.range
    if not least <= target <= most:
        raise InvalidInput(
            f"no network of space {cost.space.name!r} costs {target:g} {cost.unit} on {label}: theirs lie between "
            f"{least:.4g} and {most:.4g} {cost.unit}; choose a target between those"
        )
    return CostTerm(label, cost, target, make_loss(loss, target=target, **params), weight)
