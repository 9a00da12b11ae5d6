"""`search-client retrain`: train a derived network from scratch, and judge it on the test images."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from latency_service.contract.errors import InvalidInput
from search_client.architecture import Architecture
from search_client.commands import options
from search_client.commands.console import (
    EXIT_INTERRUPTED,
    print_facts,
    print_json,
    readable_errors,
    stderr,
    stop_at_signal,
)
from search_client.commands.data_sets import DataSetParams, load_with_notice
from search_client.commands.retrain_bar import retrain_bar
from search_client.commands.retrain_config import make_retrain_config
from search_client.compute import Amp, Processor, make_compute
from search_client.data.augmentation.policies import PolicyName
from search_client.data.dataset import ImageSet
from search_client.data.fit import require_fit
from search_client.data.registry import load_data_set
from search_client.distributed import Ranks, joined_ranks
from search_client.published import published_architecture
from search_client.retraining.config import RetrainConfig
from search_client.retraining.folder import RetrainFolder
from search_client.retraining.progress import RetrainInterrupted, RetrainWatcher
from search_client.retraining.result import RetrainResult
from search_client.retraining.retrainer import Retrainer
from search_client.retraining.state import make_split
from search_client.settings_file import as_toml
from search_client.training.run_folder import RunFolder

SearchRun = Annotated[Path | None, typer.Option("--run", help="Folder of the search whose network it is.")]
Output = Annotated[Path | None, typer.Option(help="Folder of the retraining; everything that comes of it goes there.")]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Settings in TOML, or another retraining's config.json.")
]
Preset = Annotated[str | None, typer.Option(help="cifar, imagenet or imagenet-mobile; default: the space's.")]
PrintConfig = Annotated[bool, typer.Option("--print-config", help="Print these settings as TOML, and train nothing.")]
Epochs = Annotated[int | None, typer.Option(min=1, help="How often every image is seen; default 20.")]
TrainOn = Annotated[Processor | None, typer.Option(help="Processor that trains; default auto: a GPU if there is one.")]
AmpOption = Annotated[Amp | None, typer.Option(help="Automatic mixed precision; default off.")]
Policy = Annotated[PolicyName | None, typer.Option("--auto-augment", help="A published policy; default none.")]
Mixup = Annotated[float | None, typer.Option("--mixup", help="Alpha of mixup, such as 0.2; default none.")]
Cutout = Annotated[int | None, typer.Option("--cutout", min=0, help="Side of the blanked square; default none.")]
DropPathRate = Annotated[
    float | None, typer.Option("--drop-path", min=0, max=1, help="Rate that ScheduledDropPath ends with; default 0.")
]


def retrain(
    run: SearchRun = None,
    architecture: options.ArchitectureFile = None,
    network: options.NetworkName = None,
    resolution: options.Resolution = 224,
    num_classes: Annotated[int, typer.Option(help="Classes of a known network.")] = 1000,
    output: Output = None,
    resume: Annotated[bool, typer.Option(help="Go on with the retraining that the folder holds.")] = False,
    config: ConfigFile = None,
    preset: Preset = None,
    print_config: PrintConfig = False,
    data_set: Annotated[str | None, typer.Option(help="Default: the search's, or auto.")] = None,
    data_set_param: DataSetParams = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random; default 0.")] = None,
    epochs: Epochs = None,
    auto_augment: Policy = None,
    mixup_alpha: Mixup = None,
    cutout_length: Cutout = None,
    drop_path_rate: DropPathRate = None,
    train_on: TrainOn = None,
    amp: AmpOption = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="Any other setting, such as ema_decay=0.9999; repeatable.")
    ] = None,
    cache_dir: options.CacheDir = options.DEFAULT_CACHE_DIR,
    as_json: options.Json = False,
) -> None:
    """Train a network from scratch on a whole training set; its test images are looked at once, at the end.

    Under `torchrun --no-python --nproc-per-node N search-client retrain ...` N processes share the work.
    """
    settings: dict[str, Any] = {
        "data_set": data_set,
        "seed": seed,
        "epochs": epochs,
        "auto_augment": auto_augment,
        "mixup_alpha": mixup_alpha,
        "cutout_length": cutout_length,
        "drop_path_rate": drop_path_rate,
        "train_on": train_on,
        "amp": amp,
    }
    with readable_errors():
        settings["data_set_params"] = options.parse_assignments(data_set_param) or None
        given = {name: value for name, value in settings.items() if value is not None}
        subject = (run, architecture, network)
        if resume:
            if given or print_config or any(each is not None for each in (*subject, config, preset, setting)):
                raise InvalidInput("a resumed retraining keeps its settings: give --output and --resume alone")
            result = _in_ranks(options.require(output, "--output"), None, cache_dir)
        else:
            chosen = _read_architecture(run, architecture, network, (resolution, num_classes))
            told = (config, given, options.parse_assignments(setting))
            asked = make_retrain_config(preset, chosen.space, _of_search(run, data_set), *told)
            if print_config:
                typer.echo(as_toml(asked), nl=False)
                return
            result = _in_ranks(options.require(output, "--output"), (asked, chosen), cache_dir)
        if result is not None:
            (print_json if as_json else _print_result)(result)


def _read_architecture(
    run: Path | None, architecture: Path | None, network: str | None, shape: tuple[int, int]
) -> Architecture:
    if sum(each is not None for each in (run, architecture, network)) != 1:
        raise InvalidInput("give exactly one of --run, --architecture and --network")
    if run is not None:
        return RunFolder.open(run).architecture
    if architecture is not None:
        return Architecture.from_json(architecture.read_bytes())
    return published_architecture(options.require(network, "--network"), *shape)


def _of_search(run: Path | None, data_set: str | None) -> dict[str, Any]:
    """Return the data set of the network's search, where there was one and no other is asked for."""
    if run is None or data_set is not None:
        return {}
    config = RunFolder.open(run).config
    return {"data_set": config.data_set, "data_set_params": config.data_set_params}


def _in_ranks(output: Path, new: tuple[RetrainConfig, Architecture] | None, cache_dir: Path) -> RetrainResult | None:
    """Train a new network, or go on; return what it came to, on the first of the processes alone."""
    with joined_ranks() as ranks:
        result = None if new else RetrainFolder.open(output).result
        if result is None:
            folder, images = ranks.first_then_others(
                lambda: _create(output, *new, cache_dir, ranks) if new else _open(output, cache_dir),
                lambda: _join(output, cache_dir),
            )
            result = _run(folder, images, ranks)
        return result if ranks.is_first else None


def _create(
    output: Path, config: RetrainConfig, architecture: Architecture, cache_dir: Path, ranks: Ranks
) -> tuple[RetrainFolder, ImageSet]:
    """Make the folder once everything is known to fit together."""
    images = load_with_notice(config.data_set, cache_dir, config.data_set_params)
    require_fit(architecture.network(), images)
    make_compute(config, ranks)
    make_split(config, images)
    config = config.model_copy(update={"data_set": images.name})
    return RetrainFolder.create(output, config, architecture), images


def _open(output: Path, cache_dir: Path) -> tuple[RetrainFolder, ImageSet]:
    folder = RetrainFolder.open(output)
    return folder, load_with_notice(folder.config.data_set, cache_dir, folder.config.data_set_params)


def _join(output: Path, cache_dir: Path) -> tuple[RetrainFolder, ImageSet]:
    folder = RetrainFolder.open(output)
    return folder, load_data_set(folder.config.data_set, cache_dir, **folder.config.data_set_params)


def _run(folder: RetrainFolder, images: ImageSet, ranks: Ranks) -> RetrainResult:
    try:
        with stop_at_signal(ranks.is_led) as stop_requested, retrain_bar(ranks.is_first) as show:
            return Retrainer(folder, images, RetrainWatcher(show, stop_requested, time.monotonic), ranks).run()
    except RetrainInterrupted:
        if ranks.is_first:
            hint = f"stopped; go on with: search-client retrain --output {folder.path} --resume"
            stderr().print(hint, soft_wrap=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None


def _print_result(result: RetrainResult) -> None:
    facts = {"test accuracy": f"{result.test_accuracy:.2%} of {result.test_images} {result.data_set} images"}
    if result.validation_accuracy is not None:
        facts["validation accuracy"] = f"{result.validation_accuracy:.2%} of {result.validation_images} images"
    facts |= {
        "weights": "their moving average" if result.is_average else "as trained",
        "trained": f"{result.epochs} epochs, {result.steps} steps",
        "MACs": f"{result.macs / 1e6:.2f} M",
        "parameters": f"{result.parameters:,}",
        "took": f"{result.seconds:.0f} s",
    }
    print_facts("The network, retrained", facts)
