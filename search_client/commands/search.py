"""`search-client search`: find the network of a space that fits a latency target on one device."""

import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from latency_service.contract.errors import InvalidInput
from search_client.commands import options
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
from search_client.compute import Amp, Processor
from search_client.data.dataset import ImageSet
from search_client.data.registry import load_data_set
from search_client.derivation import DerivationRule
from search_client.distributed import Ranks, joined_ranks
from search_client.latency.client import ServiceClient
from search_client.latency.objective import Combination
from search_client.latency.table import LatencyTable
from search_client.training.config import SearchConfig
from search_client.training.progress import SearchInterrupted, Watcher
from search_client.training.result import SearchResult
from search_client.training.run_folder import RunFolder
from search_client.training.search_run import SearchRun
from search_client.training.terms import feasible_terms

Devices = Annotated[
    list[str] | None,
    typer.Option(
        help="DEVICE[/RUNTIME][:LATENCYms][@WEIGHT]: pixel-8, or pixel-8/tflite:20ms; repeatable for several at once."
    ),
]
CombinationOption = Annotated[
    Combination | None,
    typer.Option(help="Of several devices and costs: all count at each step, or the worst alone; default all."),
]
Costs = Annotated[
    list[str] | None,
    typer.Option(
        "--cost",
        help="What else to keep: macs:300e6, parameters:4e6, or FILE:COLUMN:TARGET of a CSV or Parquet file with op "
        "keys in column op, such as energy.csv:energy_mj:5; @WEIGHT behind it; repeatable.",
    ),
]
DerivationOption = Annotated[
    DerivationRule | None,
    typer.Option(
        help="Build the most probable network within all targets, or the most probable one; default budgeted."
    ),
]
WarmupEpochs = Annotated[int | None, typer.Option(min=0, help="Of weights alone, over uniform paths; default 2.")]
SearchEpochs = Annotated[int | None, typer.Option(min=1, help="Of weights and architecture in turn; default 4.")]
FineTuneEpochs = Annotated[int | None, typer.Option(min=0, help="Of the derived network; default 4.")]
Run = Annotated[Path | None, typer.Option(help="Folder of the run; everything that comes of it goes there.")]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Settings in TOML, or another run's config.json; options go before it.")
]
Preset = Annotated[
    str | None, typer.Option(help="cifar or imagenet: settings to start from; default: what belongs to the space.")
]
PrintConfig = Annotated[bool, typer.Option("--print-config", help="Print these settings as TOML, and search nothing.")]
TrainOn = Annotated[Processor | None, typer.Option(help="Processor that trains; default auto: a GPU if there is one.")]
AmpOption = Annotated[Amp | None, typer.Option(help="Automatic mixed precision; default off.")]
OffloadOption = Annotated[
    bool | None, typer.Option("--offload", help="Keep candidates that do not run in host memory, not on the GPU.")
]


def search(
    run: Run = None,
    resume: Annotated[bool, typer.Option(help="Go on with the run that the folder holds.")] = False,
    config: ConfigFile = None,
    preset: Preset = None,
    print_config: PrintConfig = False,
    device: Devices = None,
    target_ms: Annotated[float | None, typer.Option(help="Latency that the network shall have.")] = None,
    runtime: options.RuntimeOfNewRun = None,
    space: options.SpaceName = None,
    space_param: options.SpaceParams = None,
    precision: options.PrecisionOption = None,
    threads: options.Threads = None,
    batch_size: options.BatchSize = None,
    condition: options.ConditionOptions = None,
    combination: CombinationOption = None,
    cost: Costs = None,
    derivation: DerivationOption = None,
    data_set: Annotated[str | None, typer.Option(help="`search-client data-sets` lists them; default auto.")] = None,
    data_set_param: DataSetParams = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random; default 0.")] = None,
    warmup_epochs: WarmupEpochs = None,
    search_epochs: SearchEpochs = None,
    fine_tune_epochs: FineTuneEpochs = None,
    train_on: TrainOn = None,
    amp: AmpOption = None,
    offload: OffloadOption = None,
    image_limit: Annotated[int | None, typer.Option(min=1, help="Training images used; default 15000.")] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="Any other search setting, such as alpha_lr=0.02; repeatable.")
    ] = None,
    server: options.Server = options.DEFAULT_SERVER,
    key_file: options.KeyFile = None,
    cache_dir: options.CacheDir = options.DEFAULT_CACHE_DIR,
    as_json: options.Json = False,
) -> None:
    """Search a network for one device. Nothing is measured: `search-client profile` fills the table beforehand.

    Under `torchrun --no-python --nproc-per-node N search-client search ...` N processes share the work.
    """
    settings: dict[str, Any] = {
        "combination": combination,
        "derivation": derivation,
        "space": space,
        "data_set": data_set,
        "seed": seed,
        "warmup_epochs": warmup_epochs,
        "search_epochs": search_epochs,
        "fine_tune_epochs": fine_tune_epochs,
        "image_limit": image_limit,
        "train_on": train_on,
        "amp": amp,
        "offload": offload,
    }
    with readable_errors():
        settings["data_set_params"] = options.parse_assignments(data_set_param) or None
        settings["space_params"] = options.parse_assignments(space_param) or None
        settings["costs"] = tuple(map(parse_cost, cost or ())) or None
        given = {name: value for name, value in settings.items() if value is not None}
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
        lambda: _make_run(run, config, client, cache_dir), lambda: _join_run(run, cache_dir)
    )
    return _run(folder, images, ranks)


def _join_run(run: Path, cache_dir: Path) -> tuple[RunFolder, ImageSet]:
    folder = RunFolder.open(run)
    return folder, load_data_set(folder.config.data_set, cache_dir, **folder.config.data_set_params)


def _make_run(run: Path, config: SearchConfig, client: ServiceClient, cache_dir: Path) -> tuple[RunFolder, ImageSet]:
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
    try:
        with stop_at_signal(ranks.is_led) as stop_requested, search_bar(ranks.is_first) as show:
            return SearchRun(folder, images, Watcher(show, stop_requested, time.monotonic), ranks).run()
    except SearchInterrupted:
        if ranks.is_first:
            stderr().print(f"stopped; go on with: search-client search --run {folder.path} --resume", soft_wrap=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None
