"""REINFORCE's steps, with made-up judgements of all nine networks of a tiny space."""

from collections.abc import Sequence
from itertools import product

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from search_client.latency.expected import SupernetCost
from search_client.latency.losses.additive import AdditiveLoss
from search_client.latency.objective import CostTerm, Objective
from search_client.modules.super_net import Path, SuperNet
from search_client.strategies import proxyless_reinforce
from search_client.strategies.base import ArchStep
from search_client.strategies.exploration import entropy_share
from search_client.strategies.judging import Judgement
from search_client.strategies.proxyless_reinforce import ProxylessReinforce
from tests.unit.search_client.small_space import made_up_ms, table_of
from tests.unit.search_client.strategies.tiny_space import (
    ALPHAS,
    IMAGES,
    LABELS,
    assert_mean_is,
    tiny_space,
    tiny_supernet,
)

EVERY_PATH: list[Path] = list(product(range(3), repeat=2))
CES = dict(zip(EVERY_PATH, [0.9, 0.2, 0.4, 0.7, 0.1, 0.8, 0.3, 0.5, 0.6], strict=True))
COST = SupernetCost(tiny_space(), table_of(tiny_space()))


@pytest.fixture(autouse=True)
def _made_up_judgements(monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(_supernet: SuperNet, paths: Sequence[Path], *_: object) -> list[Judgement]:
        return [Judgement(ce=CES[path], accuracy=1 - CES[path]) for path in paths]

    monkeypatch.setattr(proxyless_reinforce, "judge", judge)


def no_latency() -> Objective:
    return Objective(functional.cross_entropy, [CostTerm("board", COST, 1.0, AdditiveLoss(0.0))])


def step(
    strategy: ProxylessReinforce, supernet: SuperNet, objective: Objective, seed: int, progress: float = 1.0
) -> ArchStep:
    optimizer = torch.optim.SGD(supernet.arch_params(), lr=1.0)
    generator = torch.Generator().manual_seed(seed)
    return strategy.arch_step(supernet, IMAGES, LABELS, objective, optimizer, generator, progress=progress)


def drawn(strategy: ProxylessReinforce, seed: int) -> list[Path]:
    """Return the networks that a step with this seed judges."""
    supernet, generator, paths = tiny_supernet(strategy.make_mixed_op), torch.Generator().manual_seed(seed), []
    for _ in range(strategy.networks):
        supernet.sample_path(generator)
        paths.append(supernet.path)
    return paths


def moves(temperature: float, progress: float, steps: int) -> Tensor:
    """Return how first steps from the same alphas move them, with a baseline that is there already."""
    moved, start = [], torch.tensor(ALPHAS, dtype=torch.float64)
    supernet = tiny_supernet(ProxylessReinforce().make_mixed_op)
    for seed in range(steps):
        strategy = ProxylessReinforce(networks=3, temperature=temperature)
        strategy.baseline = -0.3
        step(strategy, supernet, no_latency(), seed, progress)
        moved.append(torch.cat([alpha.detach().clone() for alpha in supernet.arch_params()]) - start.flatten())
        with torch.no_grad():
            for alpha, values in zip(supernet.arch_params(), start, strict=True):
                alpha.copy_(values)
    return torch.stack(moved)


def test_steps_climb_the_expected_reward_of_the_paths_that_are_drawn() -> None:
    """By enumeration: the slope of sum_path p(path) R(path), with p by the logits alpha / 3 amid a fall from 9."""
    alphas = torch.tensor(ALPHAS, dtype=torch.float64, requires_grad=True)
    probs = (alphas / 3).softmax(1)
    expected_reward = -torch.stack([probs[0, one] * probs[1, two] * ce for (one, two), ce in CES.items()]).sum()
    (slope,) = torch.autograd.grad(expected_reward, alphas)
    assert_mean_is(moves(temperature=9.0, progress=0.5, steps=700), slope.flatten())


def test_the_entropy_floor_holds_after_each_step_at_the_temperature_of_the_paths() -> None:
    supernet = tiny_supernet(ProxylessReinforce().make_mixed_op)
    with torch.no_grad():
        for alpha in supernet.arch_params():
            alpha.mul_(50)
    step(ProxylessReinforce(temperature=3.0, entropy_floor=0.8), supernet, no_latency(), seed=0, progress=0.25)
    assert [entropy_share(probs) for probs in supernet.path_probs()] == pytest.approx([0.6, 0.6], abs=1e-6)


def test_where_the_worst_cost_alone_counts_it_is_that_of_the_network_that_leads() -> None:
    """Not each network's own worst: all are measured against one, which the loss goes on to adapt."""
    other = SupernetCost(tiny_space(), table_of(tiny_space(), lambda op: 1e-4 / made_up_ms(op)))
    supernet = tiny_supernet(ProxylessReinforce().make_mixed_op)
    leading = supernet.most_probable_path()
    terms = [
        CostTerm("board", COST, COST.of_path(leading) / 0.8, AdditiveLoss(1000.0)),
        CostTerm("other", other, other.of_path(leading) / 0.9, AdditiveLoss(1.0)),
    ]
    strategy = ProxylessReinforce(networks=6)
    seen = step(strategy, supernet, Objective(functional.cross_entropy, terms, "worst"), seed=0)
    paths = drawn(strategy, seed=0)
    shares = [[term.cost.of_path(path) / term.target for term in terms] for path in paths]
    assert any(of_board > of_other for of_board, of_other in shares)
    assert seen.loss == pytest.approx(sum(CES[path] + other.of_path(path) for path in paths) / 6)
