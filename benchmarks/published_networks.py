"""Published networks: ProxylessNAS's four and MobileNetV2, predicted from this machine's table and measured whole.

Ops are measured one by one beforehand, networks afterwards in turns: between the two the machine's speed may change,
which moves all networks alike. So the error is given a second time with the runtime's common factor (the median of
predicted / measured) taken out. Whether predictions rank the networks rightly is free of it.
"""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.ranks import kendall_tau, spearman_rho
from demo.this_machine import DEVICE, ThisMachine, this_machine
from search_client.comparison.cells import Cell
from search_client.comparison.matrix import Matrix


@dataclass(frozen=True)
class Prediction:
    """One network on one runtime.

    Attributes:
        error_percent: (predicted - measured) / measured.
        steadied_error_percent: The same with the runtime's common factor taken out.
    """

    network: str
    predicted_ms: float
    measured_ms: float
    measured_ci_ms: tuple[float, float]
    verdict: str
    error_percent: float
    steadied_error_percent: float


@dataclass(frozen=True)
class RuntimeAccount:
    """All networks on one runtime.

    Attributes:
        mean_error_percent: Mean of the errors' sizes; `steadied` without the common factor.
        kendall: Of the predicted order against the measured one; likewise `spearman`.
    """

    runtime: str
    predictions: tuple[Prediction, ...]
    mean_error_percent: float
    steadied_mean_error_percent: float
    kendall: float
    spearman: float


def run(
    networks: Sequence[str],
    resolution: int,
    runtimes: Sequence[str],
    folder: Path,
    json_file: Path | None,
    console: Console,
) -> None:
    """Measure ops, then networks; print a table a runtime."""
    with this_machine(folder, runtimes) as machine:
        for runtime in runtimes:
            _profile(machine, networks, runtime, resolution)
        matrix = _measure_whole(machine, networks, runtimes, resolution, folder)
    accounts = [
        account(runtime, [contestant.name for contestant in matrix.contestants], column)
        for runtime, column in zip(runtimes, zip(*matrix.rows, strict=True), strict=True)
    ]
    for each in accounts:
        console.print(_table(each, resolution))
    if json_file is not None:
        figures = {"resolution": resolution, "accounts": [asdict(each) for each in accounts]}
        json_file.write_text(json.dumps(figures, indent=2) + "\n")


def account(runtime: str, names: Sequence[str], cells: Sequence[Cell]) -> RuntimeAccount:
    """Return what the predictions of one runtime's networks are worth."""
    predicted = [_predicted_ms(cell) for cell in cells]
    measured = [cell.measured_ms for cell in cells]
    ratios = [promise / found for promise, found in zip(predicted, measured, strict=True)]
    common = statistics.median(ratios)
    predictions = tuple(
        Prediction(
            network=name,
            predicted_ms=predicted_ms,
            measured_ms=cell.measured_ms,
            measured_ci_ms=cell.measured_ci_ms,
            verdict=cell.verdict,
            error_percent=100 * (ratio - 1),
            steadied_error_percent=100 * (ratio / common - 1),
        )
        for name, predicted_ms, cell, ratio in zip(names, predicted, cells, ratios, strict=True)
    )
    return RuntimeAccount(
        runtime=runtime,
        predictions=predictions,
        mean_error_percent=statistics.mean(abs(each.error_percent) for each in predictions),
        steadied_mean_error_percent=statistics.mean(abs(each.steadied_error_percent) for each in predictions),
        kendall=kendall_tau(predicted, measured),
        spearman=spearman_rho(predicted, measured),
    )


def _profile(machine: ThisMachine, networks: Sequence[str], runtime: str, resolution: int) -> None:
    for name in networks:
        machine.client(
            "profile", "--network", name, "--resolution", str(resolution), "--device", DEVICE, "--runtime", runtime
        )


def _measure_whole(
    machine: ThisMachine, networks: Sequence[str], runtimes: Sequence[str], resolution: int, folder: Path
) -> Matrix:
    options = [word for name in networks for word in ("--network", name)]
    options += [word for runtime in runtimes for word in ("--device", f"{DEVICE}/{runtime}")]
    options += ["--resolution", str(resolution), "--out", str(folder / f"comparison-{resolution}"), "--anew"]
    return Matrix.model_validate(machine.client("compare", *options))


def _predicted_ms(cell: Cell) -> float:
    assert cell.predicted_ms is not None, "every op was profiled before"
    return cell.predicted_ms


def _table(account: RuntimeAccount, resolution: int) -> Table:
    title = (
        f"{account.runtime}, {resolution} pixels: mean error {account.mean_error_percent:.1f} %, "
        f"{account.steadied_mean_error_percent:.1f} % without the common factor; "
        f"Kendall {account.kendall:.2f}, Spearman {account.spearman:.2f}"
    )
    table = Table(title=title)
    for column in ("network", "predicted, ms", "measured, ms", "error", "common factor removed"):
        table.add_column(column, justify="left" if column == "network" else "right")
    for each in account.predictions:
        low, high = each.measured_ci_ms
        table.add_row(
            each.network,
            f"{each.predicted_ms:.3f}",
            f"{each.measured_ms:.3f} ({low:.3f} to {high:.3f}), {each.verdict}",
            f"{each.error_percent:+.1f} %",
            f"{each.steadied_error_percent:+.1f} %",
        )
    return table
