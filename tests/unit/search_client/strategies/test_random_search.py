from collections import Counter
from collections.abc import Sequence

import pytest
import torch
from torch.nn import functional

from search_client.compute import Compute
from search_client.derivation import argmax_path
from search_client.latency.expected import SupernetCost
from search_client.latency.losses.additive import AdditiveLoss
from search_client.latency.objective import CostTerm, Objective
from search_client.modules.super_net import Path, SuperNet
from search_client.spaces.registry import make_space
from search_client.strategies.base import ArchStep
from search_client.strategies.feasible_paths import FeasiblePaths
from search_client.strategies.judging import judge
from search_client.strategies.random_search import Contender, RandomSearch
from tests.unit.search_client.small_space import small_space, table_of

IMAGES = torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(2))
LABELS = torch.arange(8) % 3
COST = SupernetCost(small_space(), table_of(small_space()))
OBJECTIVE = Objective(functional.cross_entropy, [CostTerm("board", COST, sum(COST.range) / 2, AdditiveLoss(0.1))])


@pytest.fixture
def supernet() -> SuperNet:
    return SuperNet(small_space(), torch.Generator().manual_seed(0), RandomSearch().make_mixed_op)


def steps(strategy: RandomSearch, supernet: SuperNet, count: int, seed: int = 1) -> list[ArchStep]:
    optimizer = torch.optim.Adam(supernet.arch_params())
    generator = torch.Generator().manual_seed(seed)
    return [strategy.arch_step(supernet, IMAGES, LABELS, OBJECTIVE, optimizer, generator) for _ in range(count)]


def ce_of(supernet: SuperNet, paths: Sequence[Path]) -> list[float]:
    return [each.ce for each in judge(supernet, paths, IMAGES, LABELS, functional.cross_entropy, Compute())]


def test_the_best_of_all_networks_that_were_drawn_is_found(supernet: SuperNet) -> None:
    """Weights and batch are the same at each step, so that gains tell the networks' order but for the reference."""
    strategy = RandomSearch(fresh=8, kept=4)
    seen = steps(strategy, supernet, 25)[-1]
    found = strategy.contenders[0].path
    feasible = [path for path in _every_path() if COST.of_path(path) <= OBJECTIVE.terms[0].target]
    better = sum(ce < ce_of(supernet, [found])[0] for ce in ce_of(supernet, feasible))
    assert better < 0.05 * len(feasible)
    assert seen.ce == pytest.approx(ce_of(supernet, [found])[0])
    assert seen.derived == (COST.of_path(found),)


def _every_path() -> list[Path]:
    return [(a, b, c) for a in range(6) for b in range(7) for c in range(7)]


def test_every_network_that_is_kept_keeps_the_target(supernet: SuperNet) -> None:
    strategy = RandomSearch()
    for _ in range(6):
        steps(strategy, supernet, 1)
        assert len(strategy.contenders) == 5
        assert all(COST.of_path(each.path) <= OBJECTIVE.terms[0].target for each in strategy.contenders)
        assert len({each.path for each in strategy.contenders}) == 5


def test_a_step_changes_no_part_of_the_supernet(supernet: SuperNet) -> None:
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    steps(RandomSearch(), supernet, 2)
    assert all(torch.equal(value, before[name]) for name, value in supernet.state_dict().items())
    assert all(param.grad is None for param in supernet.parameters())


def test_weights_train_on_uniform_paths_whatever_the_alphas_are(supernet: SuperNet) -> None:
    with torch.no_grad():
        for alpha in supernet.arch_params():
            alpha[0] += 30.0
    generator, counts = torch.Generator().manual_seed(0), Counter[int]()
    for _ in range(700):
        RandomSearch().draw_path(supernet, generator, progress=0.5)
        counts[supernet.path[2]] += 1
    assert max(counts.values()) < 150
    assert len(counts) == 7


def test_fair_paths_are_to_be_had_in_both_phases(supernet: SuperNet) -> None:
    strategy, generator = RandomSearch(fair_sampling="always"), torch.Generator().manual_seed(0)
    for progress in (None, 0.5):
        seen = []
        for _ in range(7):
            strategy.draw_path(supernet, generator, progress)
            seen.append(supernet.path[1])
        assert sorted(seen) == list(range(7))


def test_one_lucky_batch_is_worth_less_than_many_good_ones() -> None:
    lucky = Contender((0,)).after(0.3, memory=0.9)
    good = Contender((1,))
    for _ in range(5):
        good = good.after(0.25, memory=0.9)
    assert lucky.worth < good.worth
    assert lucky.worth == pytest.approx(0.15)


def test_earlier_batches_count_less() -> None:
    risen = Contender((0,)).after(-1.0, memory=0.5).after(1.0, memory=0.5)
    fallen = Contender((0,)).after(1.0, memory=0.5).after(-1.0, memory=0.5)
    assert risen.worth == pytest.approx(0.5 / 2.5)
    assert fallen.worth == pytest.approx(-0.5 / 2.5)


def test_gains_are_measured_against_the_fresh_networks_alone(supernet: SuperNet) -> None:
    strategy = RandomSearch(fresh=3, kept=2, memory=0.0)
    steps(strategy, supernet, 1)
    fresh = FeasiblePaths(OBJECTIVE).draw(3, torch.Generator().manual_seed(9))
    steps(strategy, supernet, 1, seed=9)
    usual = sum(ce_of(supernet, fresh)) / 3
    expected = [usual - ce for ce in ce_of(supernet, [each.path for each in strategy.contenders])]
    assert [each.gain for each in strategy.contenders] == pytest.approx(expected)


def test_a_resumed_search_goes_on_with_its_contenders(supernet: SuperNet) -> None:
    first = RandomSearch()
    steps(first, supernet, 3)
    second = RandomSearch()
    second.load_state_dict(first.state_dict())
    assert second.contenders == first.contenders
    assert steps(second, supernet, 3, seed=9) == steps(first, supernet, 3, seed=9)
    assert second.contenders == first.contenders


def test_the_best_contender_is_derived_and_before_there_is_one_what_the_probabilities_speak_for() -> None:
    supernet = SuperNet(make_space("proxyless-cifar", width_mult=0.1), torch.Generator().manual_seed(0))
    strategy = RandomSearch()
    assert strategy.derive(supernet, argmax_path).choices == supernet.most_probable_path()
    strategy.contenders = [Contender((1,) * 8), Contender((2,) * 8)]
    assert strategy.derive(supernet, argmax_path).choices == (1,) * 8
