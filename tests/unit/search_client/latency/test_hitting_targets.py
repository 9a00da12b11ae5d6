"""Simulated searches: `constrained` and a budgeted derivation hit their target from any start, with nothing tuned."""

import pytest

from search_client.derivation import argmax_path, budgeted_path
from tests.unit.search_client.latency.plant import Plant, Start, search

#: Target's share of the space's range, start, learning rate of the alphas.
SEARCHES: list[tuple[float, Start, float]] = [
    (0.1, "slow", 0.1),
    (0.3, "even", 0.3),
    (0.5, "random", 0.03),
    (0.7, "fast", 0.1),
    (0.9, "even", 0.05),
]


@pytest.fixture(scope="module", params=range(len(SEARCHES)), ids=lambda index: "-".join(map(str, SEARCHES[index])))
def plant(request: pytest.FixtureRequest) -> Plant:
    share, start, alpha_lr = SEARCHES[request.param]
    return search(share, seed=10 + request.param, start=start, alpha_lr=alpha_lr)


def test_the_derived_network_ends_within_two_per_cent_below_its_target(plant: Plant) -> None:
    path = budgeted_path(plant.path_probs, [plant.term])
    assert -0.02 <= plant.miss(path) <= 1e-9
    assert plant.term.loss.is_met(plant.term.cost.of_path(path))


def test_the_control_brings_even_the_most_probable_network_near_its_target(plant: Plant) -> None:
    """So that the budget has to change little of it."""
    assert abs(plant.miss(argmax_path(plant.path_probs))) <= 0.25


def test_what_the_target_leaves_room_for_is_put_to_use(plant: Plant) -> None:
    assert plant.worth_share(budgeted_path(plant.path_probs, [plant.term])) >= 0.7


def test_without_the_control_the_most_probable_network_would_be_far_off() -> None:
    idle = search(0.3, seed=1, start="even", alpha_lr=0.3, dual_step=1e-9, damping=0.0)
    assert idle.miss(argmax_path(idle.path_probs)) > 0.5
