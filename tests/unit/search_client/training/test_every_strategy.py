"""Whole searches with every strategy and option: each ends, and resumed to the bit as it would have ended unbroken."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from search_client.training.checkpoints import load_latest_checkpoint
from search_client.training.history import read_history
from search_client.training.progress import SearchInterrupted
from search_client.training.result import SearchResult
from search_client.training.run_folder import RunFolder
from search_client.training.search_run import SearchRun
from tests.unit.search_client.training.small_run import Recording, small_folder, small_images

CHOICES: list[tuple[str, Mapping[str, Any]]] = [
    ("proxyless-gradient", {"gates": "full", "temperature": 4.0, "entropy_floor": 0.5}),
    ("proxyless-gradient", {"fair_sampling": "always"}),
    ("proxyless-reinforce", {"networks": 3, "fair_sampling": "warm-up"}),
    ("proxyless-reinforce", {"networks": 3, "reward": "accuracy", "entropy_weight": 0.01}),
    ("random", {"fresh": 2, "kept": 2}),
]


def run(folder: RunFolder, stop_after: int | None = None) -> SearchResult:
    return SearchRun(folder, small_images(), Recording(stop_after).watcher).run()


def folder_at(path: Path, strategy: str, params: Mapping[str, Any]) -> RunFolder:
    changes = {"warmup_epochs": 1, "search_epochs": 1, "fine_tune_epochs": 0, "settle_steps": 2}
    return small_folder(path, strategy=strategy, strategy_params=params, **changes)


@pytest.mark.parametrize(("strategy", "params"), CHOICES)
def test_a_search_that_was_interrupted_ends_like_an_unbroken_one(
    tmp_path: Path, strategy: str, params: Mapping[str, Any]
) -> None:
    unbroken, broken = (folder_at(tmp_path / name, strategy, params) for name in ("unbroken", "broken"))
    expected = run(unbroken)
    with pytest.raises(SearchInterrupted):
        run(broken, stop_after=13)
    result = run(RunFolder.open(broken.path))
    assert result.architecture == expected.architecture
    assert read_history(broken.history) == read_history(unbroken.history)
    assert read_history(broken.alphas) == read_history(unbroken.alphas)
    states = [load_latest_checkpoint(folder.checkpoints) for folder in (unbroken, broken)]
    assert states[0] is not None
    assert states[1] is not None
    assert states[0]["strategy"] == states[1]["strategy"]
    for name, tensor in states[0]["supernet"].items():
        assert torch.equal(tensor, states[1]["supernet"][name]), name


def test_random_search_ends_with_a_network_within_the_target(tmp_path: Path) -> None:
    folder = folder_at(tmp_path / "run", "random", {"fresh": 2, "kept": 2})
    (promise,) = run(folder).promises
    assert 0.98 * promise.target_ms <= promise.predicted_ms <= promise.target_ms


def test_random_search_shows_what_its_best_network_costs(tmp_path: Path) -> None:
    folder, recording = folder_at(tmp_path / "run", "random", {"fresh": 2, "kept": 2}), Recording()
    SearchRun(folder, small_images(), recording.watcher).run()
    shown = {now.step: now.derived for now in recording.seen}
    records = read_history(folder.alphas)
    assert [list(shown[record["step"]]) for record in records] == [record["derived"] for record in records]


def test_the_entropy_floor_falls_with_the_searchs_progress(tmp_path: Path) -> None:
    params = {"gates": "full", "entropy_floor": 0.9}
    budget = {"warmup_epochs": 1, "search_epochs": 1, "fine_tune_epochs": 0, "settle_steps": 0}
    folder = small_folder(tmp_path / "run", strategy_params=params, alpha_lr=5.0, **budget)
    run(folder)
    records = read_history(folder.alphas)
    assert [record["step"] for record in records] == [10, 12, 14, 16]
    for record, progress in zip(records, (0.25, 0.5, 0.75, 1.0), strict=True):
        assert record["entropy"] >= 0.9 * (1 - progress) - 1e-5
    assert records[0]["entropy"] < 0.9
    assert records[-1]["entropy"] < 0.3
