from collections import Counter

import torch

from search_client.modules.super_net import SuperNet
from search_client.strategies.fair_paths import FairPaths
from tests.unit.search_client.small_space import small_space


def small_supernet() -> SuperNet:
    return SuperNet(small_space(), torch.Generator().manual_seed(0))


def paths_of(fair_paths: FairPaths, generator: torch.Generator, count: int) -> list[tuple[int, ...]]:
    supernet, paths = small_supernet(), []
    for _ in range(count):
        fair_paths.draw(supernet, generator)
        paths.append(supernet.path)
    return paths


def test_in_every_round_each_candidate_of_a_block_runs_exactly_once() -> None:
    paths = paths_of(FairPaths(), torch.Generator().manual_seed(0), 42)
    for block, candidates in enumerate((6, 7, 7)):
        for start in range(0, 42, candidates):
            assert {path[block] for path in paths[start : start + candidates]} == set(range(candidates))


def test_the_order_is_another_in_every_round_and_block() -> None:
    paths = paths_of(FairPaths(), torch.Generator().manual_seed(0), 700)
    rounds = [tuple(path[block] for path in paths[start : start + 7]) for block in (1, 2) for start in range(0, 700, 7)]
    assert len(set(rounds)) > 190
    first = Counter(order[0] for order in rounds)
    assert set(first) == set(range(7))


def test_a_round_that_was_interrupted_goes_on_where_it_was() -> None:
    generator = torch.Generator().manual_seed(0)
    unbroken = paths_of(FairPaths(), torch.Generator().manual_seed(0), 20)
    first, second = FairPaths(), FairPaths()
    before = paths_of(first, generator, 11)
    second.load_state_dict(first.state_dict())
    first.draw(small_supernet(), torch.Generator())  # what the first one does on its own is no affair of the second
    assert before + paths_of(second, generator, 9) == unbroken
