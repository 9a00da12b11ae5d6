import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from latency_service.contract.ops import OpSpec
from search_client.derivation import NothingFits, argmax_path, budgeted_path, make_derivation
from search_client.latency.expected import SupernetCost
from search_client.latency.losses.base import LatencyLoss
from search_client.latency.losses.registry import make_loss
from search_client.latency.objective import Combination, CostTerm
from search_client.latency.table import LatencyTable
from search_client.modules.super_net import Path
from tests.unit.search_client.corrections import corrected, own_factors
from tests.unit.search_client.small_space import made_up_ms, small_space, table_of

SPACE = small_space()
PATHS = list(itertools.product(*(range(len(block.candidates)) for block in SPACE.blocks)))


def cost_by(seed: int) -> SupernetCost:
    """Return made-up costs that share nothing but the space with those of another seed."""
    generator = torch.Generator().manual_seed(seed)
    factors: dict[OpSpec, float] = {}

    def cost(op: OpSpec) -> float:
        factors.setdefault(op, float(torch.rand((), generator=generator)) + 0.2)
        return made_up_ms(op) * factors[op]

    return SupernetCost(SPACE, table_of(SPACE, cost))


COSTS = [cost_by(seed) for seed in range(3)]


def term(cost: SupernetCost, target: float, loss: LatencyLoss) -> CostTerm:
    return CostTerm("board", cost, target, loss)


def relative_term(cost: SupernetCost, target: float) -> CostTerm:
    return term(cost, target, make_loss("relative", target=target))


def constrained_term(cost: SupernetCost, target: float) -> CostTerm:
    return term(cost, target, make_loss("constrained", target=target, tolerance=0.02))


def corrected_table(intercept_ms: float) -> LatencyTable:
    """Return a table with a correction."""
    return LatencyTable(corrected(table_of(SPACE).snapshot, factors=own_factors(SPACE), intercept_ms=intercept_ms))


def probs_by(seed: int, spread: float = 1.0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.softmax(spread * torch.randn(len(b.candidates), generator=generator), 0) for b in SPACE.blocks]


def log_prob(path_probs: list[torch.Tensor], path: Path) -> float:
    return sum(math.log(float(probs[choice])) for probs, choice in zip(path_probs, path, strict=True))


def at(cost: SupernetCost, share: float) -> float:
    least, most = cost.range
    return least + share * (most - least)


def within(path: Path, terms: list[CostTerm]) -> bool:
    return all(each.cost.of_path(path) <= each.target * (1 + 1e-9) for each in terms)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    spread=st.sampled_from([0.01, 1.0, 5.0]),
    shares=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=3),
)
def test_the_budgeted_network_is_the_most_probable_one_within_all_targets(
    seed: int, spread: float, shares: list[float]
) -> None:
    path_probs = probs_by(seed, spread)
    terms = [relative_term(cost, at(cost, share)) for cost, share in zip(COSTS, shares, strict=False)]
    fitting = [path for path in PATHS if within(path, terms)]
    if not fitting:
        with pytest.raises(NothingFits, match="on board; raise a target"):
            budgeted_path(path_probs, terms)
        return
    path = budgeted_path(path_probs, terms)
    assert within(path, terms)
    assert log_prob(path_probs, path) == pytest.approx(max(log_prob(path_probs, each) for each in fitting))


@pytest.mark.parametrize("seed", range(10))
def test_a_target_that_is_to_be_spent_is_spent_within_the_tolerance(seed: int) -> None:
    path_probs, target = probs_by(seed), at(COSTS[0], 0.5)
    path = budgeted_path(path_probs, [constrained_term(COSTS[0], target)])
    near = [each for each in PATHS if 0.98 * target <= COSTS[0].of_path(each) <= target]
    assert path in near
    assert log_prob(path_probs, path) == pytest.approx(max(log_prob(path_probs, each) for each in near))


def test_where_no_network_spends_the_target_the_most_probable_one_below_it_is_taken() -> None:
    """The space's cheapest network costs so much less than the next one that nothing lies between."""
    cheapest, second = sorted(map(COSTS[0].of_path, PATHS))[:2]
    target = cheapest + 0.9 * (second - cheapest)
    loss = make_loss("constrained", target=target, tolerance=1e-6)
    path = budgeted_path(probs_by(0), [term(COSTS[0], target, loss)])
    assert COSTS[0].of_path(path) == cheapest
    assert not loss.is_met(cheapest)


@pytest.mark.parametrize(("combination", "spent"), [("worst", 1), ("all", 2)])
def test_with_the_worst_case_it_is_enough_that_one_target_is_spent(combination: Combination, spent: int) -> None:
    """Both targets are those of one network, so that it alone is sure to spend both."""
    targets = [cost.of_path((2, 3, 4)) for cost in COSTS[:2]]
    terms = [constrained_term(cost, target) for cost, target in zip(COSTS, targets, strict=False)]
    path_probs = probs_by(3)
    path = make_derivation("budgeted", terms, combination)(path_probs)
    assert within(path, terms)
    shares = [each.cost.of_path(path) / each.target for each in terms]
    assert sum(share >= 0.98 for share in shares) >= spent
    fitting = [
        each
        for each in PATHS
        if within(each, terms) and sum(t.cost.of_path(each) >= 0.98 * t.target for t in terms) >= spent
    ]
    assert log_prob(path_probs, path) == pytest.approx(max(log_prob(path_probs, each) for each in fitting))


def test_argmax_takes_the_most_probable_ops_whatever_they_cost() -> None:
    path_probs = probs_by(1)
    terms = [relative_term(COSTS[0], COSTS[0].range[0])]
    wanted = tuple(int(probs.argmax()) for probs in path_probs)
    assert argmax_path(path_probs) == wanted
    assert make_derivation("argmax", terms, "all")(path_probs) == wanted
    assert make_derivation("budgeted", terms, "all")(path_probs) != wanted


def test_a_candidate_whose_probability_came_to_nothing_can_still_be_needed() -> None:
    path_probs = [torch.zeros(len(block.candidates)) for block in SPACE.blocks]
    for probs in path_probs:
        probs[5] = 1.0
    path = budgeted_path(path_probs, [relative_term(COSTS[0], COSTS[0].range[0])])
    assert COSTS[0].of_path(path) == COSTS[0].range[0]


@pytest.mark.parametrize("intercept_ms", [-0.01, 0.0, 0.05])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_the_most_probable_network_within_a_target_is_found_by_a_corrected_table(
    intercept_ms: float, share: float
) -> None:
    table = corrected_table(intercept_ms)
    cost, path_probs = SupernetCost(SPACE, table), probs_by(4)
    target_ms = at(cost, share)
    found = budgeted_path(path_probs, [relative_term(cost, target_ms)])
    within = [path for path in PATHS if table.network_ms(SPACE.network(path)) <= target_ms * (1 + 1e-9)]
    assert found == max(within, key=lambda path: log_prob(path_probs, path))
