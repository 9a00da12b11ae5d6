"""Several devices in one loss."""

import pytest
import torch

from search_client.latency.expected import SupernetCost
from search_client.latency.losses.registry import make_loss
from search_client.latency.objective import Combination, CostTerm, Objective
from tests.unit.search_client.small_space import small_space, table_of

PATH = (0, 5, 2)
CE = torch.tensor(2.0, dtype=torch.float64)
ONCE = SupernetCost(small_space(), table_of(small_space()))
TWICE = SupernetCost(small_space(), table_of(small_space(), lambda op: 2 * (0.01 + op.macs / 1e6)))


def path_probs() -> list[torch.Tensor]:
    return [torch.softmax(torch.arange(len(costs), dtype=torch.float64), 0) for costs in ONCE.blocks]


def objective_of(combination: Combination, targets: tuple[float, float], weights: tuple[float, float]) -> Objective:
    terms = [
        CostTerm(label, cost, target, make_loss("relative", target=target), weight)
        for label, cost, target, weight in zip(("a", "b"), (ONCE, TWICE), targets, weights, strict=True)
    ]
    return Objective(torch.nn.functional.cross_entropy, terms, combination)


def test_all_devices_count_by_their_weights() -> None:
    objective = objective_of("all", targets=(0.2, 0.3), weights=(1.0, 0.5))
    once, twice = objective.expected(path_probs())
    loss = objective.loss(CE, path_probs(), PATH)
    assert float(loss) == pytest.approx(2.0 + 0.1 * (once / 0.2 - 1) + 0.5 * 0.1 * (twice / 0.3 - 1))


def test_the_worst_device_alone_counts_and_learns() -> None:
    objective = objective_of("worst", targets=(0.1, 10.0), weights=(1.0, 1.0))
    once, _ = objective.expected(path_probs())
    assert float(objective.loss(CE, path_probs(), PATH)) == pytest.approx(2.0 + 0.1 * (once / 0.1 - 1))


def test_the_loss_of_one_network_has_its_own_costs_in_it() -> None:
    objective = objective_of("all", targets=(0.2, 0.3), weights=(1.0, 0.5))
    once, twice = objective.costs((3, 6, 0))
    expected = 1.5 + 0.1 * (once / 0.2 - 1) + 0.5 * 0.1 * (twice / 0.3 - 1)
    assert objective.loss_of(1.5, (3, 6, 0), derived=PATH) == pytest.approx(expected)


def test_the_network_that_would_be_derived_says_which_term_counts_in_anothers_loss() -> None:
    objective = constrained("worst", (1.1, 0.9))
    objective.observe(path_probs(), PATH)
    first, cost = objective.terms[0], objective.terms[0].cost.of_path((3, 6, 0))
    expected = float(first.loss(CE, torch.tensor(cost, dtype=torch.float64)))
    assert objective.loss_of(2.0, (3, 6, 0), derived=PATH) == pytest.approx(expected)
    assert expected != 2.0


def constrained(combination: Combination, shares: tuple[float, float]) -> Objective:
    """Return an objective whose path costs these shares of its targets."""
    costs = (ONCE, TWICE)
    targets = [cost.of_path(PATH) / share for cost, share in zip(costs, shares, strict=True)]
    terms = [
        CostTerm("any", cost, target, make_loss("constrained", target=target))
        for cost, target in zip(costs, targets, strict=True)
    ]
    return Objective(torch.nn.functional.cross_entropy, terms, combination)


@pytest.mark.parametrize(("combination", "moved"), [("all", [True, True]), ("worst", [True, False])])
def test_only_those_that_count_take_note_of_a_step(combination: Combination, moved: list[bool]) -> None:
    objective = constrained(combination, (1.5, 1.1))
    objective.observe(path_probs(), PATH)
    assert [loss_state["multiplier"] > 0 for loss_state in objective.state_dict()["losses"]] == moved


def test_a_search_for_the_worst_case_may_end_when_the_worst_device_has_its_target() -> None:
    assert constrained("worst", (1.0, 0.6)).is_met(PATH)
    assert not constrained("worst", (1.0, 1.2)).is_met(PATH)
    assert not constrained("all", (1.0, 0.6)).is_met(PATH)


def test_in_the_worst_case_a_device_far_below_its_target_keeps_it_too() -> None:
    assert constrained("worst", (1.0, 0.6)).met(PATH) == (True, True)
    assert constrained("worst", (0.9, 0.6)).met(PATH) == (False, True)
    assert constrained("worst", (1.2, 1.1)).met(PATH) == (False, False)
    assert constrained("all", (1.0, 0.6)).met(PATH) == (True, False)


def test_a_resumed_objective_goes_on_where_it_was() -> None:
    objective = constrained("all", (1.5, 1.1))
    objective.observe(path_probs(), PATH)
    again = constrained("all", (1.5, 1.1))
    again.load_state_dict(objective.state_dict())
    assert float(again.loss(CE, path_probs(), PATH)) == float(objective.loss(CE, path_probs(), PATH))
