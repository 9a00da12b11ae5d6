"""Ranking: its two computations on little data, and what it makes of them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks import ranking
from benchmarks.ranking import Scale
from benchmarks.ranking_space import all_paths, ranking_space
from benchmarks.ranking_trials import Images, searched, trained_alone
from benchmarks.resumable import Work
from search_client.modules.super_net import Path as SupernetPath

PATHS = all_paths(ranking_space(32, 10))


@pytest.fixture
def images(tmp_path: Path) -> Images:
    return Images("digits", str(tmp_path), limit=200, judged=20)


def test_the_space_has_64_architectures_of_which_no_two_are_alike() -> None:
    space = ranking_space(32, 10)
    assert len({space.network(path) for path in PATHS}) == len(PATHS) == 64


def test_an_architecture_trained_alone_learns_the_same_from_the_same_seed(images: Images) -> None:
    first, again, other = (trained_alone(images, (0, 0, 0), 1, seed) for seed in (1, 1, 2))
    assert first == again != other


def test_an_architecture_trained_alone_learns(images: Images) -> None:
    assert trained_alone(images._replace(limit=1200), (3, 3, 3), 4, 1) > 0.3  # a tenth is chance


def test_a_search_says_what_it_found_and_what_it_thinks_of_every_architecture(images: Images) -> None:
    settings = ranking.options(3)["full gates"]
    found = searched(images, settings, 0)
    assert found["found"] in PATHS
    assert len(found["estimates"]) == len(PATHS)
    assert len(set(found["estimates"])) > 1


def worth(path: SupernetPath) -> float:
    """An accuracy of a path's own, the best being the last one's."""
    return PATHS.index(path) / 100


def made_up(search: Callable[[int], Mapping[str, Any]]) -> Callable[..., dict[str, Any]]:
    """What computes nothing: the truth is worth(), and a search's result what `search` says of its seed."""

    def results(work: Mapping[str, Work], *_: Any) -> dict[str, Any]:
        return {
            name: worth(arguments[1]) if function is trained_alone else search(arguments[2])
            for name, (function, arguments) in work.items()
        }

    return results


def test_ranks_regrets_and_taus_are_those_of_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = list(map(worth, PATHS))
    answers = [
        {"found": list(PATHS[-1]), "estimates": truth},
        {"found": list(PATHS[-11]), "estimates": truth[::-1]},
    ]
    monkeypatch.setattr(ranking, "results", made_up(answers.__getitem__))
    scale, figures = Scale(Images("digits", str(tmp_path), 200, 20), 6, 1, seeds=2), tmp_path / "figures.json"
    for standing in ranking.run(scale, tmp_path, 1, figures, Console(quiet=True)):
        assert standing.ranks == (1, 11)
        assert standing.regrets == pytest.approx((0.0, 10.0))
        assert standing.taus == (1.0, -1.0)
    told = json.loads(figures.read_text())
    assert told["noise_floor_tau"] == 1.0
    assert len(told["standings"]) == len(ranking.options(6))
