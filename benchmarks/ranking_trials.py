"""Ranking, its two kinds of computation: an architecture trained alone, and a search over all of them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path as FilePath
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, NamedTuple

import torch

from benchmarks.ranking_space import all_paths, ranking_space
from latency_service.contract.conditions import Conditions
from search_client.compute import Compute
from search_client.data.dataset import ImageSet
from search_client.data.registry import load_data_set
from search_client.derivation import argmax_path
from search_client.latency.count_table import CountTable
from search_client.latency.expected import SupernetCost
from search_client.latency.losses.registry import make_loss
from search_client.latency.objective import CostTerm, Objective
from search_client.modules.derived import build_network, inherit_weights
from search_client.modules.super_net import Path
from search_client.spaces.space import SearchSpace
from search_client.strategies.registry import make_strategy
from search_client.training.config import SearchConfig
from search_client.training.evaluation import accuracy_on, fine_tune, make_alpha_criterion, recalibrate
from search_client.training.progress import Watcher
from search_client.training.recorder import Recorder
from search_client.training.run_folder import RunFolder
from search_client.training.search_loop import SearchLoop
from search_client.training.search_state import SearchState, make_batches, make_splits
from search_client.training.targets import Target

_RECALIBRATION_BATCHES = 20
_NEVER = 10**9


class Images(NamedTuple):
    """Where the images come from.

    Attributes:
        limit: Training images that weights and alphas share.
        judged: Held-out images by which shared weights are judged.
    """

    data_set: str
    cache_dir: str
    limit: int
    judged: int


def trained_alone(images: Images, path: Path, epochs: int, seed: int) -> float:
    """Return the accuracy on the test images of one architecture, trained from scratch on all that a search gets."""
    config, image_set = _config(images, seed, {"fine_tune_epochs": epochs}), _loaded(images.data_set, images.cache_dir)
    splits, compute = make_splits(config, image_set), Compute()
    module = build_network(_space(image_set).network(path), torch.Generator().manual_seed(seed))
    compute.place(module)
    trained_on = splits.weights + splits.alphas
    batches = make_batches(config, trained_on, image_set, seed, compute)
    fine_tune(module, batches, epochs * (len(trained_on) // config.batch_size), config, lambda *_: None, compute)
    return accuracy_on(module, image_set.test, image_set, compute)


def searched(images: Images, settings: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return the path that a search without any regard to cost leads to, and what its weights say of every path.

    Args:
        images: What it learns from.
        settings: Of the SearchConfig, beside those that all searches have.
        seed: Of the search.

    Returns:
        `found`: that path; `estimates`: accuracy of each path of `all_paths` with the shared weights, batch statistics
        recalibrated, on images that the search did not see.
    """
    config, image_set = _config(images, seed, settings), _loaded(images.data_set, images.cache_dir)
    strategy, objective = make_strategy(config.strategy, **config.strategy_params), _costless(config, image_set)
    state = SearchState(config, _space(image_set), image_set, strategy, objective, Compute())
    with TemporaryDirectory() as folder:
        FilePath(folder, "config.json").write_text(config.model_dump_json())
        watcher = Watcher(lambda _: None, lambda: False, monotonic)
        run = RunFolder.open(FilePath(folder))
        SearchLoop(state, strategy, objective, argmax_path, run, Recorder(), watcher).run()
    found = strategy.leading_path(state.supernet)
    return {"found": found, "estimates": _estimates(state, image_set, images.judged)}


def _estimates(state: SearchState, image_set: ImageSet, judged: int) -> list[float]:
    space, compute = state.supernet.space, state.compute
    batches = [compute.on_device(state.weight_batches.next_batch()) for _ in range(_RECALIBRATION_BATCHES)]
    held_out = state.splits.validation.subset(torch.arange(min(judged, len(state.splits.validation))))
    estimates = []
    for path in all_paths(space):
        module = build_network(space.network(path), torch.Generator())
        inherit_weights(module, state.supernet, path)
        compute.place(module)
        recalibrate(module, batches)
        estimates.append(accuracy_on(module, held_out, image_set, compute))
    return estimates


def _config(images: Images, seed: int, settings: Mapping[str, Any]) -> SearchConfig:
    target = Target(device="none", conditions=Conditions(runtime="none"), target_ms=1.0)
    fixed = {"data_set": images.data_set, "image_limit": images.limit, "loss": "additive", "derivation": "argmax"}
    return SearchConfig.checked(
        targets=(target,), seed=seed, settle_steps=0, checkpoint_steps=_NEVER, **fixed, **settings
    )


def _costless(config: SearchConfig, image_set: ImageSet) -> Objective:
    cost = SupernetCost(_space(image_set), CountTable("macs"))
    _, most = cost.range
    return Objective(
        make_alpha_criterion(config), [CostTerm("MACs", cost, most, make_loss("additive", most, weight=0.0))]
    )


def _space(image_set: ImageSet) -> SearchSpace:
    return ranking_space(image_set.resolution, image_set.num_classes)


@cache
def _loaded(data_set: str, cache_dir: str) -> ImageSet:
    return load_data_set(data_set, FilePath(cache_dir))
