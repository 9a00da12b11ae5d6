"""The page itself: what the runs' folders hold, told to a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from latency_service.contract.errors import InvalidInput
from search_client.latency.table import LatencyTable
from search_client.report.drawing import Drawing, draw, legend
from search_client.report.heat_map import heat_map
from search_client.report.plots import Curve, Plot, Point, course, promise_against_measurement
from search_client.training.history import read_history
from search_client.training.result import SearchResult
from search_client.training.run_folder import RunFolder
from search_client.verify import VerifyResult

_SMOOTHING = 0.95


@dataclass(frozen=True)
class ReportedRun:
    """A finished search as the page needs it; the result's own members are reached through `result`."""

    name: str
    folder: RunFolder
    result: SearchResult
    verification: VerifyResult | None
    drawing: Drawing

    @classmethod
    def read(cls, path: Path) -> "ReportedRun":
        """Read a run's folder.

        Raises:
            NotFound: There is no run, or it has not ended.
            InvalidInput: The search has not ended.
        """
        folder = RunFolder.open(path)
        if folder.result is None:
            raise InvalidInput(f"the search in {path} has not ended: `search-client search --run {path} --resume`")
        table = LatencyTable(folder.snapshot)
        return cls(path.name, folder, folder.result, folder.verification, draw(folder.architecture, table))


def render_report(runs: Sequence[ReportedRun], title: str = "Networks for one device") -> str:
    """Return a self-contained HTML page on runs that were pinned to the same snapshot.

    Raises:
        InvalidInput: There is no run, or their snapshots differ.
    """
    if len({run.result.snapshot_id for run in runs}) != 1:
        raise InvalidInput("a report needs at least one run, and all of them pinned to the same snapshot")
    first = runs[0].result
    table = LatencyTable(runs[0].folder.snapshot)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("search_client.report"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["ms"] = lambda value: f"{value:.3f} ms"
    return environment.get_template("report.html.j2").render(
        title=title,
        subtitle=f"{first.space} on {first.device}, {first.conditions}, data set {first.data_set}",
        warnings=_warnings(runs),
        runs=runs,
        data_set=first.data_set,
        legend=legend([run.result.architecture for run in runs]),
        plots=_plots(runs),
        heat_map=heat_map(first.architecture.search_space(), table),
        provenance=_provenance(table),
    )


def _warnings(runs: Sequence[ReportedRun]) -> list[str]:
    warnings = []
    if any(run.result.data_set == "digits" for run in runs):
        warnings.append("Searched on scikit-learn's 8x8 digits, as CIFAR-10 was not to be had: accuracies say little.")
    noisy = sum(entry.verdict == "noisy" for entry in runs[0].folder.snapshot.ops)
    if noisy:
        total = len(runs[0].folder.snapshot.ops)
        warnings.append(f"{noisy} of the table's {total} entries are noisy: something else used the device meanwhile.")
    return warnings


def _plots(runs: Sequence[ReportedRun]) -> list[Plot]:
    expected, derived, accuracy = [], [], []
    for run in runs:
        alphas, weights = read_history(run.folder.alphas), read_history(run.folder.history)
        last = max(record["step"] for record in weights)
        x = [record["step"] / last for record in alphas]
        expected.append(Curve(run.name, x, [record["expected_ms"] for record in alphas], run.result.target_ms))
        derived.append(Curve(run.name, x, [record["derived_ms"] for record in alphas], run.result.target_ms))
        shares = [100 * value for value in _smoothed([record["accuracy"] for record in weights])]
        accuracy.append(Curve(run.name, [record["step"] / last for record in weights], shares))
    plots = [
        course(expected, "expected latency, ms", "Expected latency over all paths; dashed: the target."),
        course(derived, "derived network, ms", "Latency of the most probable network; dashed: the target."),
        course(
            accuracy,
            "training accuracy, %",
            "Accuracy on training batches: of sampled paths, then of the derived network; smoothed.",
        ),
    ]
    points = [
        Point(run.name, run.result.predicted_ms, run.verification.measured_ms, run.verification.measured_ci_ms)
        for run in runs
        if run.verification is not None
    ]
    return [*plots, promise_against_measurement(points)] if points else plots


def _smoothed(values: Sequence[float]) -> list[float]:
    """Return the exponential moving average, started at the first value."""
    averages: list[float] = []
    for value in values:
        before = averages[-1] if averages else value
        averages.append(_SMOOTHING * before + (1 - _SMOOTHING) * value)
    return averages


def _provenance(table: LatencyTable) -> dict[str, object]:
    snapshot = table.snapshot
    times = [entry.measured_at for entry in snapshot.ops if entry.measured_at is not None]
    span = f"{min(times):%Y-%m-%d %H:%M} to {max(times):%H:%M} UTC" if times else "not measured"
    return {
        "snapshot": snapshot.snapshot_id,
        "device": f"{snapshot.device}, state {snapshot.device_state}",
        "conditions": str(snapshot.conditions),
        "protocol version": snapshot.protocol_version,
        "entries": f"{len(snapshot.ops)} ops, {len(snapshot.networks)} networks",
        "measured": span,
    }
