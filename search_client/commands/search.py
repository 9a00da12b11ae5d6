"""`search-client search`: find the network of a space that fits a latency target on one device."""

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import typer

from latency_service.contract.errors import InvalidInput
from search_client.commands import options, search_options
from search_client.commands.connection import connected
from search_client.commands.console import (
    EXIT_INTERRUPTED,
    print_json,
    readable_errors,
    stderr,
    stop_at_signal,
)
from search_client.commands.costs import parse_cost
from search_client.commands.data_sets import DataSetParams, load_with_notice
from search_client.commands.search_bar import search_bar
from search_client.commands.search_config import config_text, make_config
from search_client.commands.search_result import print_result
from search_client.commands.targets import parse_target
from search_client.commands.trust import tell_of
from search_client.compute import make_compute
from search_client.data.dataset import ImageSet
from search_client.data.registry import load_data_set
from search_client.distributed import Ranks, joined_ranks
from search_client.latency.client import ServiceClient
from search_client.latency.table import LatencyTable
from search_client.training.config import SearchConfig
from search_client.training.progress import SearchInterrupted, Watcher
from search_client.training.result import SearchResult
from search_client.training.run_folder import RunFolder
from search_client.training.search_run import SearchRun
from search_client.training.terms import feasible_terms, require_parts


def search(
    run: search_options.Run = None,
    resume: search_options.Resume = False,
    config: search_options.ConfigFile = None,
    preset: search_options.Preset = None,
    print_config: search_options.PrintConfig = False,
    device: search_options.Devices = None,
    target_ms: search_options.TargetMs = None,
    runtime: options.RuntimeOfNewRun = None,
    space: options.SpaceName = None,
    space_param: options.SpaceParams = None,
    precision: options.PrecisionOption = None,
    threads: options.Threads = None,
    batch_size: options.BatchSize = None,
    condition: options.ConditionOptions = None,
    strategy: search_options.StrategyName = None,
    strategy_param: search_options.StrategyParams = None,
    loss: search_options.LossName = None,
    loss_param: search_options.LossParams = None,
    combination: search_options.CombinationOption = None,
    cost: search_options.Costs = None,
    derivation: search_options.DerivationOption = None,
    accept_not_additive: search_options.AcceptNotAdditive = None,
    data_set: search_options.DataSetName = None,
    data_set_param: DataSetParams = None,
    seed: search_options.Seed = None,
    warmup_epochs: search_options.WarmupEpochs = None,
    search_epochs: search_options.SearchEpochs = None,
    fine_tune_epochs: search_options.FineTuneEpochs = None,
    train_on: search_options.TrainOn = None,
    amp: search_options.AmpOption = None,
    offload: search_options.OffloadOption = None,
    image_limit: search_options.ImageLimit = None,
    setting: search_options.Settings = None,
    server: options.Server = options.DEFAULT_SERVER,
    key_file: options.KeyFile = None,
    cache_dir: options.CacheDir = options.DEFAULT_CACHE_DIR,
    as_json: options.Json = False,
) -> None:
    """Search a network for one device. Nothing is measured: `search-client profile` fills the table beforehand.

    Under `torchrun --no-python --nproc-per-node N search-client search ...` N processes share the work.
    """
    settings = dict(
        strategy=strategy,
        loss=loss,
        combination=combination,
        derivation=derivation,
        accept_not_additive=accept_not_additive,
        space=space,
        data_set=data_set,
        seed=seed,
        warmup_epochs=warmup_epochs,
        search_epochs=search_epochs,
        fine_tune_epochs=fine_tune_epochs,
        image_limit=image_limit,
        train_on=train_on,
        amp=amp,
        offload=offload,
    )
    params = dict(
        space_params=space_param,
        data_set_params=data_set_param,
        strategy_params=strategy_param,
        loss_params=loss_param,
    )
    with readable_errors():
        given = _given(settings, params, cost)
        of_device = (target_ms, runtime, precision, threads, batch_size, condition)
        if resume:
            told = (config, preset, print_config or None, device, setting, *of_device)
            if given or any(each is not None for each in told):
                raise InvalidInput("a resumed run keeps its settings: give --run and --resume alone")
        elif device is not None:
            conditions_on = partial(
                options.make_conditions, precision=precision, threads=threads, batch_size=batch_size, more=condition
            )
            given["targets"] = tuple(parse_target(text, target_ms, runtime, conditions_on) for text in device)
        elif any(each is not None for each in of_device) or not (config or print_config):
            raise InvalidInput("--device is missing")
        sources = (preset, config, given, options.parse_assignments(setting))
        if print_config:
            typer.echo(config_text(*sources), nl=False)
            return
        folder = options.require(run, "--run")
        with joined_ranks() as ranks:
            if resume:
                result = _go_on(folder, cache_dir, ranks)
            else:
                result = _start(folder, make_config(*sources), connected(server, key_file), cache_dir, ranks)
        if ranks.is_first:
            (print_json if as_json else print_result)(result)


def _given(
    settings: Mapping[str, object], params: Mapping[str, list[str] | None], cost: list[str] | None
) -> dict[str, Any]:
    """Return the settings that were given, parsed."""
    parsed = {name: options.parse_assignments(texts) or None for name, texts in params.items()}
    costs = tuple(map(parse_cost, cost or ())) or None
    return {name: value for name, value in {**settings, **parsed, "costs": costs}.items() if value is not None}


def _go_on(run: Path, cache_dir: Path, ranks: Ranks) -> SearchResult:
    folder = RunFolder.open(run)
    if folder.result is not None:
        return folder.result
    name, params = folder.config.data_set, folder.config.data_set_params
    images = ranks.first_then_others(
        lambda: load_with_notice(name, cache_dir, params), lambda: load_data_set(name, cache_dir, **params)
    )
    return _run(folder, images, ranks)


def _start(run: Path, config: SearchConfig, client: ServiceClient, cache_dir: Path, ranks: Ranks) -> SearchResult:
    """Make the run's folder once everything is known to fit together, and search."""
    folder, images = ranks.first_then_others(
        lambda: _make_run(run, config, client, cache_dir, ranks), lambda: _join_run(run, cache_dir)
    )
    return _run(folder, images, ranks)


def _join_run(run: Path, cache_dir: Path) -> tuple[RunFolder, ImageSet]:
    folder = RunFolder.open(run)
    return folder, load_data_set(folder.config.data_set, cache_dir, **folder.config.data_set_params)


def _make_run(
    run: Path, config: SearchConfig, client: ServiceClient, cache_dir: Path, ranks: Ranks
) -> tuple[RunFolder, ImageSet]:
    make_compute(config, ranks)
    require_parts(config)
    with client:
        tables = [
            LatencyTable.fetch(client, device=target.device, conditions=target.conditions) for target in config.targets
        ]
    images = load_with_notice(config.data_set, cache_dir, config.data_set_params)
    config = config.model_copy(update={"data_set": images.name})
    cost_tables = [cost.table() for cost in config.costs]
    feasible_terms(config, [*tables, *cost_tables], images)
    return RunFolder.create(run, config, [table.snapshot for table in tables], cost_tables), images


def _run(folder: RunFolder, images: ImageSet, ranks: Ranks) -> SearchResult:
    if ranks.is_first:
        for snapshot in folder.snapshots:
            tell_of(LatencyTable(snapshot))
    try:
        with stop_at_signal(ranks.is_led) as stop_requested, search_bar(ranks.is_first) as show:
            return SearchRun(folder, images, Watcher(show, stop_requested, time.monotonic), ranks).run()
    except SearchInterrupted:
        if ranks.is_first:
            stderr().print(f"stopped; go on with: search-client search --run {folder.path} --resume", soft_wrap=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None
