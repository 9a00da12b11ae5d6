"""Specialisation: a network searched for each of two runtimes of this machine, both measured whole on both.

Two runtimes on one CPU are two really different devices: a kernel of 7x7 pixels differs tenfold between them. Each
search may spend on its runtime what one and the same reference network takes there, with everything else alike; that
reference is measured beside the two.

Tried, does not work: targets at the same place between each table's fastest and slowest network. TFLite's slowest ones
are so slow that a network of twice the work fits.
"""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from demo.story import SEARCH_OPTIONS, Budget
from demo.this_machine import DEVICE, ThisMachine, this_machine
from search_client.architecture import Architecture
from search_client.comparison.matrix import Matrix
from search_client.comparison.text import matrix_table
from search_client.spaces.registry import make_space

SPACE = "proxyless-cifar"
#: In every block the MBConv of kernel 5 and expand ratio 3.
REFERENCE_CHOICE = 2


def run(runtimes: Sequence[str], seed: int, data_set: str, budget: Budget, folder: Path, console: Console) -> None:
    """Profile, search, compare; print the matrix. What an earlier call left in the folder is gone on with.

    Args:
        runtimes: At least two.
        seed: Of the searches.
        data_set: That they train on.
        budget: How much they train.
        folder: Of the table, the searches and the comparison.
        console: Gets the matrix.
    """
    reference = _write_reference(folder / "reference")
    with this_machine(folder, runtimes) as machine:
        options = ("--data-set", data_set, "--seed", str(seed), *SEARCH_OPTIONS[budget])
        runs = [_searched(machine, runtime, reference, folder / f"for-{runtime}", options) for runtime in runtimes]
        devices = [word for runtime in runtimes for word in ("--device", f"{DEVICE}/{runtime}")]
        networks = map(str, [*runs, reference.parent])
        answer = machine.client("compare", *networks, *devices, "--out", str(folder / "comparison"), "--anew")
    matrix = Matrix.model_validate(answer)
    console.print(matrix_table(matrix))
    for standing in matrix.standings:
        console.print(standing.describe(), highlight=False, soft_wrap=True)


def _write_reference(folder: Path) -> Path:
    space = make_space(SPACE)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "architecture.json"
    path.write_text(Architecture.of(space, [REFERENCE_CHOICE] * len(space.blocks)).to_json())
    return path


def _searched(machine: ThisMachine, runtime: str, reference: Path, run_folder: Path, options: Sequence[str]) -> Path:
    """Return the folder of a finished search for a runtime, whose target is the reference's latency there."""
    if (run_folder / "config.json").exists():
        machine.client("search", "--run", str(run_folder), "--resume")
        return run_folder
    on_device = ("--device", DEVICE, "--runtime", runtime)
    machine.client("profile", "--space", SPACE, *on_device)
    target_ms = machine.client("predict", "--architecture", str(reference), *on_device)["predicted_ms"]
    asked = ("--run", str(run_folder), "--space", SPACE, "--target-ms", str(target_ms))
    machine.client("search", *asked, *on_device, *options)
    return run_folder
