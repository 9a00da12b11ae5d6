"""`search-client search`: find the network of a space that fits a latency target on one device."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from latency_service.contract.errors import InvalidInput
from search_client.commands import options
from search_client.commands.connection import connected
from search_client.commands.console import (
    EXIT_INTERRUPTED,
    milliseconds,
    print_facts,
    print_json,
    readable_errors,
    stderr,
    stop_at_signal,
)
from search_client.commands.targets import parse_target
from search_client.data.dataset import ImageSet
from search_client.data.registry import load_data_set
from search_client.latency.client import ServiceClient
from search_client.latency.objective import Combination
from search_client.latency.table import LatencyTable
from search_client.training.config import SearchConfig
from search_client.training.progress import SearchInterrupted, SearchProgress, Watcher
from search_client.training.result import SearchResult
from search_client.training.run_folder import RunFolder
from search_client.training.search_run import SearchRun, feasible_terms

Devices = Annotated[
    list[str] | None,
    typer.Option(
        help="DEVICE[/RUNTIME][:LATENCYms][@WEIGHT]: pixel-8, or pixel-8/tflite:20ms; repeatable for several at once."
    ),
]
CombinationOption = Annotated[
    Combination | None,
    typer.Option(help="Of several devices: all count at each step, or the worst alone; default all."),
]
WarmupEpochs = Annotated[int | None, typer.Option(min=0, help="Of weights alone, over uniform paths; default 2.")]
SearchEpochs = Annotated[int | None, typer.Option(min=1, help="Of weights and architecture in turn; default 4.")]
FineTuneEpochs = Annotated[int | None, typer.Option(min=0, help="Of the derived network; default 4.")]


def search(
    run: Annotated[Path, typer.Option(help="Folder of the run; everything that comes of it goes there.")],
    resume: Annotated[bool, typer.Option(help="Go on with the run that the folder holds.")] = False,
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
    data_set: Annotated[str | None, typer.Option(help="auto, cifar10 or digits; default auto.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random; default 0.")] = None,
    warmup_epochs: WarmupEpochs = None,
    search_epochs: SearchEpochs = None,
    fine_tune_epochs: FineTuneEpochs = None,
    image_limit: Annotated[int | None, typer.Option(min=1, help="Training images used; default 15000.")] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="Any other search setting, such as alpha_lr=0.02; repeatable.")
    ] = None,
    server: options.Server = options.DEFAULT_SERVER,
    key_file: options.KeyFile = None,
    cache_dir: options.CacheDir = options.DEFAULT_CACHE_DIR,
    as_json: options.Json = False,
) -> None:
    """Search a network for one device. Nothing is measured: `search-client profile` fills the table beforehand."""
    settings: dict[str, Any] = {
        "combination": combination,
        "space": space,
        "data_set": data_set,
        "seed": seed,
        "warmup_epochs": warmup_epochs,
        "search_epochs": search_epochs,
        "fine_tune_epochs": fine_tune_epochs,
        "image_limit": image_limit,
    }
    with readable_errors():
        given = {name: value for name, value in settings.items() if value is not None}
        if resume:
            told = (device, target_ms, setting, runtime, space_param, precision, threads, batch_size, condition)
            if given or any(each is not None for each in told):
                raise InvalidInput("a resumed run keeps its settings: give --run and --resume alone")
            result = _go_on(run, cache_dir)
        else:
            given["targets"] = tuple(
                parse_target(
                    text,
                    target_ms,
                    runtime,
                    lambda name: options.make_conditions(name, precision, threads, batch_size, condition),
                )
                for text in options.require(device, "--device")
            )
            given["space_params"] = options.parse_assignments(space_param)
            result = _start(
                run, _config(given, options.parse_assignments(setting)), connected(server, key_file), cache_dir
            )
        if as_json:
            print_json(result)
        else:
            _print_result(result)


def _config(given: dict[str, Any], more: dict[str, Any]) -> SearchConfig:
    for name in given.keys() & more.keys():
        raise InvalidInput(f"--set {name}=... would change what another option says: use that option")
    return SearchConfig.checked(**given, **more)


def _go_on(run: Path, cache_dir: Path) -> SearchResult:
    folder = RunFolder.open(run)
    return folder.result or _run(folder, _load(folder.config.data_set, cache_dir))


def _start(run: Path, config: SearchConfig, client: ServiceClient, cache_dir: Path) -> SearchResult:
    """Make the run's folder once everything is known to fit together, and search."""
    with client:
        tables = [
            LatencyTable.fetch(client, device=target.device, conditions=target.conditions) for target in config.targets
        ]
    images = _load(config.data_set, cache_dir)
    config = config.model_copy(update={"data_set": images.name})
    feasible_terms(config, tables, images)
    return _run(RunFolder.create(run, config, [table.snapshot for table in tables]), images)


def _load(name: str, cache_dir: Path) -> ImageSet:
    with stderr().status(f"loading data set {name}"):
        images = load_data_set(name, cache_dir)
    if images.notice is not None:
        stderr().print(Panel(images.notice, title="another data set than you may think", style="bold yellow"))
    return images


def _run(folder: RunFolder, images: ImageSet) -> SearchResult:
    try:
        with stop_at_signal() as stop_requested, _search_bar() as show:
            return SearchRun(folder, images, Watcher(show, stop_requested, time.monotonic)).run()
    except SearchInterrupted:
        stderr().print(f"stopped; go on with: search-client search --run {folder.path} --resume", soft_wrap=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None


@contextmanager
def _search_bar() -> Iterator[Callable[[SearchProgress], None]]:
    columns = (
        TextColumn("{task.description:<11}"),
        BarColumn(bar_width=8),
        TaskProgressColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[figures]}"),
    )
    with Progress(*columns, console=stderr()) as progress:
        task = progress.add_task("starting", total=None, figures="")

        def show(now: SearchProgress) -> None:
            expected, derived = (" ".join(f"{cost:.3g}" for cost in costs) for costs in (now.expected, now.derived))
            figures = f"loss {now.loss:.2f}  E {expected}  net {derived} ms  entropy {now.entropy:.2f}"
            progress.update(task, description=now.phase, completed=now.step, total=now.total_steps, figures=figures)

        yield show


def _print_result(result: SearchResult) -> None:
    for promise in result.promises:
        missed = "" if promise.target_met else ", MISSED: give the search more epochs or a higher settle_steps"
        facts = {
            "target": f"{promise.target_ms:.4g} ms{missed}",
            "predicted": milliseconds(promise.predicted_ms, promise.predicted_ci_ms),
            "snapshot": promise.snapshot_id,
        }
        print_facts(f"For {promise.device}, {promise.conditions}", facts)
    facts = {
        "accuracy": f"{result.validation_accuracy:.1%} of {result.validation_images} {result.data_set} images",
        "MACs": f"{result.macs / 1e6:.2f} M",
        "parameters": f"{result.parameters:,}",
        "took": f"{result.seconds:.0f} s",
    }
    print_facts("The network", facts)
    Console().print(result.architecture.describe(), highlight=False)
