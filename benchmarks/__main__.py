"""Every figure that the README claims; `make bench` runs all of them, each in a process of its own."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import (
    activation_memory,
    audit,
    export_accuracy,
    fleet_commands,
    latency_model,
    published_networks,
    ranking,
    search_against_random,
    side_by_side,
    specialisation,
    stopwatch,
    supernet_step,
    target_hitting,
    time_to_table,
    transfer,
)
from benchmarks.device_tables import CONDITIONS
from benchmarks.fleet_commands import JsonFile
from benchmarks.ranking import Scale
from benchmarks.ranking_trials import Images
from benchmarks.search_against_random import Plan
from demo.processes import CommandFailed
from demo.story import SEARCH_OPTIONS, Budget
from latency_service.contract.named_networks import network_names
from search_client.commands.options import DEFAULT_CACHE_DIR

app = typer.Typer(pretty_exceptions_enable=False, help=__doc__)

Space = Annotated[str, typer.Option(help="A search space.")]
Processes = Annotated[int, typer.Option(min=1, help="At once, one thread each.")]
CacheDir = Annotated[Path, typer.Option(help="Where data sets are kept.")]


@app.command(name="time-to-table")
def time_to_table_command(
    space: Space = "proxyless-imagenet",
    runtime: Annotated[list[str] | None, typer.Option(help="Repeatable; default: onnxruntime and tflite.")] = None,
) -> None:
    """Measure a whole space in two fresh sessions: time, verdicts, agreement."""
    time_to_table.run(space, tuple(runtime or ("onnxruntime", "tflite")), Console())


@app.command(name="stopwatch")
def stopwatch_command(
    space: Space = "proxyless-imagenet",
    runtime: Annotated[list[str] | None, typer.Option(help="Repeatable; default: onnxruntime and tflite.")] = None,
    processes: Annotated[int, typer.Option(min=2, help="Fresh processes that each protocol is repeated in.")] = 8,
    ops: Annotated[int, typer.Option(min=1, help="How many ops of the space.")] = 8,
    simulations: Annotated[int, typer.Option(min=0, help="Simulated measurements a host; 0: none.")] = 1000,
) -> None:
    """Show what the stopwatch is worth: its interval's coverage on simulated hosts; other protocols beside it here."""
    if simulations:
        stopwatch.coverage(Console(), simulations)
    side_by_side.run(space, tuple(runtime or ("onnxruntime", "tflite")), processes, ops, Console())


for name, command in fleet_commands.COMMANDS.items():
    app.command(name=name)(command)


@app.command(name="supernet-step")
def supernet_step_command(
    space: Space = "proxyless-cifar",
    batch_size: Annotated[int, typer.Option(min=2, help="Images a step.")] = 32,
    repeats: Annotated[int, typer.Option(min=1, help="Paths that are drawn.")] = 30,
    json_file: JsonFile = None,
) -> None:
    """Time the supernet's steps against those of a plain network, on the CPU and on a GPU where there is one."""
    supernet_step.run(space, batch_size, repeats, json_file, Console())


@app.command(name="activation-memory")
def activation_memory_command(
    candidates: Annotated[
        list[int] | None, typer.Option(min=2, max=12, help="A block; repeatable; default: 2, 4, 6, 8, 10, 12.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=2, help="Images a step.")] = 32,
    json_file: JsonFile = None,
) -> None:
    """Show what the supernet's steps hold, by candidates a block; 1 if a two-path step is not flat within 5 %."""
    counts = tuple(candidates or range(2, 13, 2))
    if not activation_memory.run(counts, batch_size, json_file, Console()):
        raise typer.Exit(1)


@app.command(name="published-networks")
def published_networks_command(
    resolution: Annotated[int, typer.Option(min=1, help="Of the networks' images; 32 to see that it runs.")] = 224,
    runtime: Annotated[list[str] | None, typer.Option(help="Repeatable; default: onnxruntime and tflite.")] = None,
    network: Annotated[list[str] | None, typer.Option(help="Two at least; default: all that are known.")] = None,
    folder: Annotated[Path, typer.Option(help="Of the table and the measurements.")] = Path("published-networks-run"),
    json_file: JsonFile = None,
) -> None:
    """Predict the published networks from this machine's table, and measure them whole: error and rank."""
    networks, runtimes = tuple(network or network_names()), tuple(runtime or ("onnxruntime", "tflite"))
    if len(networks) < 2:
        raise typer.BadParameter("one network has no rank: give --network twice at least")
    published_networks.run(networks, resolution, runtimes, folder, json_file, Console())


@app.command(name="latency-model")
def latency_model_command(
    space: Space = "proxyless-imagenet",
    resolution: Annotated[list[int] | None, typer.Option(min=1, help="Repeatable; default: 224, 192 and 160.")] = None,
    runtime: Annotated[list[str] | None, typer.Option(help="Repeatable; default: onnxruntime and tflite.")] = None,
    ops: Annotated[int | None, typer.Option(min=1, help="Of each resolution; default: all.")] = None,
    folder: Annotated[Path, typer.Option(help="Of the latency table.")] = Path("latency-model-run"),
    json_file: JsonFile = None,
) -> None:
    """Predict ops from other ops' latencies: the service's latency model beside others, on this machine's rows."""
    resolutions, runtimes = tuple(resolution or (224, 192, 160)), tuple(runtime or ("onnxruntime", "tflite"))
    latency_model.run(space, resolutions, runtimes, ops, folder, json_file, Console())


@app.command(name="transfer")
def transfer_command(
    space: Space = "proxyless-imagenet",
    table: Annotated[list[str] | None, typer.Option(help=f"Repeatable; default: {'; '.join(CONDITIONS)}.")] = None,
    folder: Annotated[Path, typer.Option(help="Of the tables and the picture.")] = Path("transfer-run"),
    json_file: JsonFile = None,
) -> None:
    """Predict tables of this machine from a few of their ops and from its other tables: error against ops measured."""
    transfer.run(space, tuple(table or CONDITIONS), folder, json_file, Console())


@app.command(name="audit")
def audit_command(
    space: Space = "proxyless-imagenet",
    space_param: Annotated[list[str] | None, typer.Option(help="Such as resolution=32; repeatable.")] = None,
    runtime: Annotated[list[str] | None, typer.Option(help="Repeatable; default: onnxruntime and tflite.")] = None,
    networks: Annotated[int, typer.Option(min=5, help="Random ones of each audit.")] = 60,
    sessions: Annotated[int, typer.Option(min=1, help="Fresh ones of each audit.")] = 3,
    anchors: Annotated[list[int] | None, typer.Option(help="An audit each; repeatable; default: 0, 10, 20.")] = None,
    folder: Annotated[Path, typer.Option(help="Of the tables and the audits.")] = Path("audit-run"),
    json_file: JsonFile = None,
) -> None:
    """Hold this machine's tables against whole networks that they have not seen, without anchors and with more."""
    runtimes, counts = tuple(runtime or ("onnxruntime", "tflite")), tuple(anchors or (0, 10, 20))
    scale = audit.Scale(space, tuple(space_param or ()), runtimes, networks, sessions, counts)
    audit.run(scale, folder, json_file, Console())


@app.command(name="specialisation")
def specialisation_command(
    runtime: Annotated[list[str] | None, typer.Option(help="Repeatable; default: onnxruntime and tflite.")] = None,
    seed: Annotated[int, typer.Option(help="Of the searches.")] = 0,
    data_set: Annotated[str, typer.Option(help="auto, cifar10 or digits.")] = "auto",
    budget: Annotated[Budget, typer.Option(help="`tiny` shows that it runs; its networks mean little.")] = Budget.FULL,
    folder: Annotated[Path, typer.Option(help="Of the table and the searches.")] = Path("specialisation-run"),
) -> None:
    """Search a network for each runtime of this machine, and measure each on each."""
    runtimes = tuple(runtime or ("onnxruntime", "tflite"))
    specialisation.run(runtimes, seed, data_set, budget, folder, Console())


@app.command(name="target-hitting")
def target_hitting_command(
    space: Space = "proxyless-cifar",
    runtime: Annotated[str, typer.Option(help="Of this machine.")] = "onnxruntime",
    share: Annotated[
        list[float] | None,
        typer.Option(min=0, max=1, help="A target's place in the space's range; repeatable; default: five of them."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the searches.")] = 0,
    data_set: Annotated[str, typer.Option(help="auto, cifar10 or digits.")] = "auto",
    budget: Annotated[Budget, typer.Option(help="`tiny` shows that it runs; its networks mean little.")] = Budget.FULL,
    folder: Annotated[Path, typer.Option(help="Of the table and the searches.")] = Path("target-hitting-run"),
    json_file: JsonFile = None,
) -> None:
    """Search for latencies across a space's range: predicted against target, measured beside it; 1 if one misses."""
    options = ("--seed", str(seed), "--data-set", data_set, *SEARCH_OPTIONS[budget])
    shares = tuple(share or target_hitting.SHARES)
    if not target_hitting.run(space, runtime, shares, options, folder, json_file, Console()):
        raise typer.Exit(1)


@app.command(name="ranking")
def ranking_command(
    data_set: Annotated[str, typer.Option(help="What all architectures learn.")] = "cifar10",
    images: Annotated[int, typer.Option(min=1, help="Training images of each.")] = 15_000,
    epochs: Annotated[int, typer.Option(min=3, help="Of each search, warm-up included.")] = 6,
    truth_epochs: Annotated[int, typer.Option(min=1, help="Of each architecture alone.")] = 4,
    judged: Annotated[int, typer.Option(min=1, help="Held-out images that shared weights are judged by.")] = 2_000,
    seeds: Annotated[int, typer.Option(min=1, help="Of each option.")] = 5,
    processes: Processes = 2,
    folder: Annotated[Path, typer.Option(help="Of what is known so far.")] = Path("ranking-run"),
    cache_dir: CacheDir = DEFAULT_CACHE_DIR,
    json_file: JsonFile = None,
) -> None:
    """Train all 64 architectures of a small space alone, and see which option of the search finds the best of them."""
    source = Images(data_set, str(cache_dir), images, judged)
    ranking.run(Scale(source, epochs, truth_epochs, seeds), folder, processes, json_file, Console())


@app.command(name="search-against-random")
def search_against_random_command(
    space: Space = "proxyless-cifar",
    runtime: Annotated[str, typer.Option(help="Of this machine.")] = "onnxruntime",
    share: Annotated[float, typer.Option(min=0, max=1, help="The target's place in the space's range.")] = 0.3,
    data_set: Annotated[str, typer.Option(help="What all networks learn.")] = "cifar10",
    epochs: Annotated[int, typer.Option(min=2, help="Of each training from scratch, on all training images.")] = 3,
    seeds: Annotated[int, typer.Option(min=1, help="Of each way to find a network.")] = 3,
    budget: Annotated[Budget, typer.Option(help="Of each search; `tiny` shows that it runs.")] = Budget.FULL,
    processes: Processes = 2,
    folder: Annotated[Path, typer.Option(help="Of what is known so far.")] = Path("search-against-random-run"),
    cache_dir: CacheDir = DEFAULT_CACHE_DIR,
    json_file: JsonFile = None,
) -> None:
    """Train searched and random networks of the same latency from scratch: what the search is worth."""
    short = {"image_limit": 320, "warmup_epochs": 0, "search_epochs": 1, "weight_steps_per_arch_step": 1}
    search = short if budget is Budget.TINY else {}
    plan = Plan(space, runtime, share, data_set, cache_dir, search, epochs, seeds)
    search_against_random.run(plan, folder, processes, json_file, Console())


@app.command(name="export-accuracy")
def export_accuracy_command(
    run: Annotated[Path | None, typer.Option(help="Folder of a search; default: train a network for a minute.")] = None,
    data_set: Annotated[str, typer.Option(help="What to train that on.")] = "cifar10",
    images: Annotated[int, typer.Option(min=1, help="Test images.")] = 1000,
    steps: Annotated[int, typer.Option(min=1, help="Of that training.")] = 1500,
    cache_dir: CacheDir = DEFAULT_CACHE_DIR,
    json_file: JsonFile = None,
) -> None:
    """Export a network in each format and precision, and hold it against torch; 1 if one is not good enough."""
    if not export_accuracy.run(run, data_set, cache_dir, images, steps, json_file, Console()):
        raise typer.Exit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C: what was started is stopped
    try:
        app()
    except CommandFailed as failure:
        sys.exit(str(failure))
