"""Every figure that the README claims; `make bench` runs all of them, each in a process of its own."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import (
    activation_memory,
    agent_memory,
    export_accuracy,
    faults,
    fleet,
    published_networks,
    service,
    side_by_side,
    specialisation,
    stopwatch,
    supernet_step,
    target_hitting,
    time_to_table,
)
from demo.story import SEARCH_OPTIONS, Budget
from latency_service.contract.named_networks import network_names
from search_client.commands.options import DEFAULT_CACHE_DIR

app = typer.Typer(pretty_exceptions_enable=False, help=__doc__)

Space = Annotated[str, typer.Option(help="A search space.")]


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


@app.command(name="faults")
def faults_command(
    minutes: Annotated[float, typer.Option(min=0.1, help="How long the storm lasts.")] = 5.0,
    seed: Annotated[int, typer.Option(help="Draws the faults.")] = 0,
) -> None:
    """Let a storm of faults loose on real agents and a real service; 1 if a result is lost or counted twice."""
    faults.run(minutes, seed, Console())


@app.command(name="agent-memory")
def agent_memory_command(jobs: Annotated[int, typer.Option(min=100, help="Jobs in all.")] = 10_000) -> None:
    """Show an agent's memory over many jobs."""
    agent_memory.run(Console(), jobs)


@app.command(name="fleet")
def fleet_command(
    agents: Annotated[int, typer.Option(min=1, help="Each with a device of its own.")] = 1000,
    minutes: Annotated[float, typer.Option(min=0.05, help="How long profiles are asked for.")] = 5.0,
    seed: Annotated[int, typer.Option(help="Draws what is asked for.")] = 0,
) -> None:
    """Let a fleet poll, renew and upload against two replicas; 1 if a request fails or a result is lost or doubled."""
    fleet.run(agents, minutes, seed, Console())


@app.command(name="service")
def service_command(
    quick: Annotated[bool, typer.Option("--quick", help="Little of everything: to see that it runs.")] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here, too.")] = None,
) -> None:
    """Show how fast the service reads, cuts and lends, as shares of a bare app in the same run."""
    service.run(service.QUICK if quick else service.FULL, json_file, Console())


@app.command(name="supernet-step")
def supernet_step_command(
    space: Space = "proxyless-cifar",
    batch_size: Annotated[int, typer.Option(min=2, help="Images a step.")] = 32,
    repeats: Annotated[int, typer.Option(min=1, help="Paths that are drawn.")] = 30,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here, too.")] = None,
) -> None:
    """Time the supernet's steps against those of a plain network, on the CPU and on a GPU where there is one."""
    supernet_step.run(space, batch_size, repeats, json_file, Console())


@app.command(name="activation-memory")
def activation_memory_command(
    candidates: Annotated[
        list[int] | None, typer.Option(min=2, max=12, help="A block; repeatable; default: 2, 4, 6, 8, 10, 12.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=2, help="Images a step.")] = 32,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here, too.")] = None,
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
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here, too.")] = None,
) -> None:
    """Predict the published networks from this machine's table, and measure them whole: error and rank."""
    networks, runtimes = tuple(network or network_names()), tuple(runtime or ("onnxruntime", "tflite"))
    if len(networks) < 2:
        raise typer.BadParameter("one network has no rank: give --network twice at least")
    published_networks.run(networks, resolution, runtimes, folder, json_file, Console())


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
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here, too.")] = None,
) -> None:
    """Search for latencies across a space's range: predicted against target, measured beside it; 1 if one misses."""
    options = ("--seed", str(seed), "--data-set", data_set, *SEARCH_OPTIONS[budget])
    shares = tuple(share or target_hitting.SHARES)
    if not target_hitting.run(space, runtime, shares, options, folder, json_file, Console()):
        raise typer.Exit(1)


@app.command(name="export-accuracy")
def export_accuracy_command(
    run: Annotated[Path | None, typer.Option(help="Folder of a search; default: train a network for a minute.")] = None,
    data_set: Annotated[str, typer.Option(help="What to train that on.")] = "cifar10",
    images: Annotated[int, typer.Option(min=1, help="Test images.")] = 1000,
    steps: Annotated[int, typer.Option(min=1, help="Of that training.")] = 1500,
    cache_dir: Annotated[Path, typer.Option(help="Where data sets are kept.")] = DEFAULT_CACHE_DIR,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here, too.")] = None,
) -> None:
    """Export a network in each format and precision, and hold it against torch; 1 if one is not good enough."""
    if not export_accuracy.run(run, data_set, cache_dir, images, steps, json_file, Console()):
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
