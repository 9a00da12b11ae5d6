from collections import Counter
from itertools import product

import pytest
import torch

from search_client.derivation import NothingFits
from search_client.latency.expected import SupernetCost
from search_client.latency.losses.additive import AdditiveLoss
from search_client.latency.losses.constrained import ConstrainedLoss
from search_client.latency.objective import Combination, CostTerm, Objective
from search_client.modules.super_net import Path
from search_client.spaces.registry import make_space
from search_client.spaces.space import SearchSpace
from search_client.strategies.feasible_paths import FeasiblePaths
from tests.unit.search_client.small_space import made_up_ms, small_space, table_of

DRAWS = 2000


def latency_of(space: SearchSpace) -> SupernetCost:
    return SupernetCost(space, table_of(space))


def other_latency_of(space: SearchSpace) -> SupernetCost:
    """Return a table in which large kernels cost more than large ratios."""
    return SupernetCost(space, table_of(space, lambda op: made_up_ms(op) * getattr(op, "kernel_size", 1) ** 2))


def between(cost: SupernetCost, share: float) -> float:
    fastest, slowest = cost.range
    return fastest + share * (slowest - fastest)


def feasible(objective: Objective) -> set[Path]:
    """Enumerate the networks that keep all targets and spend what is to be spent."""
    found = set()
    for path in product(*(range(len(costs)) for costs in objective.terms[0].cost.blocks)):
        shares = [term.cost.of_path(path) / term.target for term in objective.terms]
        spent = [share >= term.loss.least_share for share, term in zip(shares, objective.terms, strict=True)]
        if max(shares) <= 1 and (all if objective.combination == "all" else any)(spent):
            found.add(path)
    return found


def limit(cost: SupernetCost, share: float) -> CostTerm:
    return CostTerm("limit", cost, between(cost, share), AdditiveLoss(1.0))


def window(cost: SupernetCost, share: float, tolerance: float = 0.1) -> CostTerm:
    target = between(cost, share)
    return CostTerm("window", cost, target, ConstrainedLoss(target, tolerance=tolerance))


SPACE = small_space()
ONE, TWO = latency_of(SPACE), other_latency_of(SPACE)


@pytest.mark.parametrize(
    ("terms", "combination"),
    [
        ([limit(ONE, 0.3)], "all"),
        ([limit(ONE, 1.0)], "all"),
        ([window(ONE, 0.25)], "all"),
        ([window(ONE, 0.8)], "all"),
        ([limit(ONE, 0.4), limit(TWO, 0.3)], "all"),
        ([window(ONE, 0.5, 0.2), window(TWO, 0.4, 0.2)], "all"),
        ([window(ONE, 0.5, 0.1), window(TWO, 0.4, 0.1)], "worst"),
    ],
)
def test_all_feasible_networks_are_drawn_equally_often_and_no_other(
    terms: list[CostTerm], combination: Combination
) -> None:
    objective = Objective(torch.nn.functional.cross_entropy, terms, combination)
    wanted = feasible(objective)
    assert len(wanted) > 5
    counts = Counter(FeasiblePaths(objective).draw(DRAWS, torch.Generator().manual_seed(0)))
    assert counts.total() == DRAWS
    assert counts.keys() <= wanted
    mean = DRAWS / len(wanted)
    chi_square = sum((counts[path] - mean) ** 2 / mean for path in wanted)
    freedom = len(wanted) - 1
    assert abs(chi_square - freedom) < 4 * (2 * freedom) ** 0.5


def test_where_no_network_spends_the_target_all_that_keep_it_are_drawn() -> None:
    objective = Objective(torch.nn.functional.cross_entropy, [window(ONE, 0.3, tolerance=1e-9)])
    assert not feasible(objective)
    paths = FeasiblePaths(objective).draw(50, torch.Generator().manual_seed(0))
    target = objective.terms[0].target
    assert len(set(paths)) > 10
    assert all(ONE.of_path(path) <= target for path in paths)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.98])
def test_a_narrow_window_of_a_large_space_is_hit(share: float) -> None:
    cost = latency_of(make_space("proxyless-imagenet"))
    term = window(cost, share, tolerance=0.02)
    objective = Objective(torch.nn.functional.cross_entropy, [term])
    paths = FeasiblePaths(objective).draw(20, torch.Generator().manual_seed(0))
    assert len(set(paths)) == 20
    assert all(0.98 * term.target <= cost.of_path(path) <= term.target for path in paths)


def test_the_only_network_that_fits_is_found() -> None:
    objective = Objective(torch.nn.functional.cross_entropy, [limit(ONE, 0.0)])
    assert set(FeasiblePaths(objective).draw(3, torch.Generator().manual_seed(0))) == feasible(objective)


def test_a_target_that_no_network_keeps_is_refused() -> None:
    objective = Objective(torch.nn.functional.cross_entropy, [limit(ONE, -0.1)])
    with pytest.raises(NothingFits, match="limit"):
        FeasiblePaths(objective)
