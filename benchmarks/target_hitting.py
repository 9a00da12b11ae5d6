"""Target hitting: five searches for five latencies across a space's range, each network measured whole beside it.

The searches differ in nothing but their target. The miss, (predicted - target) / target, is what the search answers
for. What the device then measures is another question: how far a sum of ops is a network.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from demo.this_machine import DEVICE, ThisMachine, this_machine

SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
LARGEST_MISS_PERCENT = 2.0


@dataclass(frozen=True)
class Shot:
    """One search.

    Attributes:
        share: Where the target lies between the space's fastest network (0) and its slowest one (1).
        miss_percent: (predicted - target) / target.
        error_percent: (predicted - measured) / measured.
        accuracy: Of the derived, fine-tuned network on images that the search did not see, 0 to 1.
    """

    share: float
    target_ms: float
    predicted_ms: float
    miss_percent: float
    measured_ms: float
    measured_ci_ms: tuple[float, float]
    verdict: str
    error_percent: float
    accuracy: float


def run(
    space: str,
    runtime: str,
    shares: Sequence[float],
    search_options: Sequence[str],
    folder: Path,
    json_file: Path | None,
    console: Console,
) -> bool:
    """Profile, search, measure, and print the table; what an earlier call left in the folder is gone on with.

    Args:
        space: What is searched.
        runtime: On this machine, one thread.
        shares: A target each, see Shot.
        search_options: What every search is told beside its target.
        folder: Of the latency table and the searches.
        json_file: Gets the figures, too.
        console: Gets the table.

    Returns:
        Whether no search misses its target by more than LARGEST_MISS_PERCENT.
    """
    shots = []
    with this_machine(folder, (runtime,)) as machine:
        on_device = ("--space", space, "--device", DEVICE, "--runtime", runtime)
        profile = machine.client("profile", *on_device)
        for number, share in enumerate(shares, start=1):
            target_ms = _target_ms(profile, share)
            console.rule(f"{number} of {len(shares)}: a network of {target_ms:.4g} ms")
            run_folder = folder / f"share-{share:g}"
            result = _searched(machine, run_folder, (*on_device, "--target-ms", str(target_ms), *search_options))
            (verification,) = machine.client("verify", "--run", str(run_folder))["results"]
            shots.append(shot(share, result, verification))
    console.print(_table(space, runtime, shots))
    if json_file is not None:
        figures = {"space": space, "runtime": runtime, "shots": [asdict(each) for each in shots]}
        json_file.write_text(json.dumps(figures, indent=2) + "\n")
    return all(abs(each.miss_percent) <= LARGEST_MISS_PERCENT for each in shots)


def shot(share: float, result: dict[str, Any], verification: dict[str, Any]) -> Shot:
    """Return what a search and the measurement of its network came to, as `search-client` has answered."""
    (promise,) = result["promises"]
    target_ms, predicted_ms = promise["target_ms"], promise["predicted_ms"]
    return Shot(
        share=share,
        target_ms=target_ms,
        predicted_ms=predicted_ms,
        miss_percent=100 * (predicted_ms / target_ms - 1),
        measured_ms=verification["measured_ms"],
        measured_ci_ms=tuple(verification["measured_ci_ms"]),
        verdict=verification["verdict"],
        error_percent=verification["error_percent"],
        accuracy=result["validation_accuracy"],
    )


def _target_ms(profile: dict[str, Any], share: float) -> float:
    fastest_ms, slowest_ms = profile["fastest_ms"], profile["slowest_ms"]
    return float(fastest_ms + share * (slowest_ms - fastest_ms))


def _searched(machine: ThisMachine, run_folder: Path, options: Sequence[str]) -> dict[str, Any]:
    if (run_folder / "config.json").exists():
        return machine.client("search", "--run", str(run_folder), "--resume")
    return machine.client("search", "--run", str(run_folder), *options)


def _table(space: str, runtime: str, shots: Sequence[Shot]) -> Table:
    table = Table(title=f"{space} on {runtime}, one thread: {len(shots)} targets, nothing tuned")
    for column in (
        "share of range",
        "target",
        "predicted",
        "miss",
        "measured, 95 % CI",
        "verdict",
        "error",
        "accuracy",
    ):
        table.add_column(column, justify="right")
    for each in shots:
        low, high = each.measured_ci_ms
        table.add_row(
            f"{each.share:g}",
            f"{each.target_ms:.4f} ms",
            f"{each.predicted_ms:.4f} ms",
            f"{each.miss_percent:+.2f} %",
            f"{each.measured_ms:.4f} ms ({low:.4f} to {high:.4f})",
            each.verdict,
            f"{each.error_percent:+.1f} %",
            f"{each.accuracy:.1%}",
        )
    return table
