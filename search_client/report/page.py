"""The page itself: what the runs' folders hold, told to a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from latency_service.contract.errors import InvalidInput
from search_client.latency.table import LatencyTable
from search_client.latency.wording import additivity_warning, describe_correction, describe_transfer, stated_error
from search_client.report.drawing import Drawing, draw, legend
from search_client.report.heat_map import heat_map
from search_client.report.plots import Curve, Plot, Point, course, promise_against_measurement
from search_client.training.history import read_history
from search_client.training.result import Promise, SearchResult
from search_client.training.run_folder import RunFolder
from search_client.verify import VerifyResult

_SMOOTHING = 0.95


@dataclass(frozen=True)
class ReportedRun:
    """A finished search as the page needs it; the result's own members are reached through `result`.

    Attributes:
        promises: For each target what the table says, and what the device measured, once it has.
        drawing: The network; its latencies are those of the first target's table.
    """

    name: str
    folder: RunFolder
    result: SearchResult
    promises: tuple[tuple[Promise, VerifyResult | None], ...]
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
        promises = tuple(zip(folder.result.promises, folder.verifications, strict=True))
        first_table = LatencyTable(folder.snapshots[0])
        return cls(path.name, folder, folder.result, promises, draw(folder.architecture, first_table))

    def label(self, promise: Promise) -> str:
        """Return what a promise of this run is called: the run's name, and the device where there are several."""
        return self.name if len(self.promises) == 1 else f"{self.name}, {promise.label}"


def render_report(runs: Sequence[ReportedRun], title: str = "Networks for one device") -> str:
    """Return a self-contained HTML page on runs that were pinned to the same snapshots.

    Raises:
        InvalidInput: There is no run, or their snapshots differ.
    """
    if len({tuple(promise.snapshot_id for promise in run.result.promises) for run in runs}) != 1:
        raise InvalidInput("a report needs at least one run, and all of them pinned to the same snapshots")
    first = runs[0].result
    tables = tuple(map(LatencyTable, runs[0].folder.snapshots))
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("search_client.report"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["ms"] = lambda value: f"{value:.3f} ms"
    environment.filters["stated_error"] = stated_error
    return environment.get_template("report.html.j2").render(
        title=title,
        subtitle=f"{first.space} on {_devices(first)}, data set {first.data_set}",
        warnings=_warnings(runs),
        runs=runs,
        has_costs=any(run.result.costs for run in runs),
        data_set=first.data_set,
        legend=legend([run.result.architecture for run in runs]),
        plots=_plots(runs),
        tables=[(heat_map(first.architecture.search_space(), table), _provenance(table)) for table in tables],
    )


def _devices(result: SearchResult) -> str:
    return "; ".join(f"{promise.device}, {promise.conditions}" for promise in result.promises)


def _warnings(runs: Sequence[ReportedRun]) -> list[str]:
    warnings = []
    if any(run.result.data_set == "digits" for run in runs):
        warnings.append("Searched on scikit-learn's 8x8 digits, as CIFAR-10 was not to be had: accuracies say little.")
    for snapshot in runs[0].folder.snapshots:
        untold = additivity_warning(LatencyTable(snapshot).additivity)
        if untold:
            warnings.append(f"On {snapshot.device} {untold}.")
        noisy, total = sum(entry.verdict == "noisy" for entry in snapshot.ops), len(snapshot.ops)
        if noisy:
            warnings.append(
                f"{noisy} of the {total} entries of {snapshot.device}'s table are noisy: something else used the "
                "device meanwhile."
            )
    return warnings


def _plots(runs: Sequence[ReportedRun]) -> list[Plot]:
    expected: list[Curve] = []
    derived: list[Curve] = []
    accuracy: list[Curve] = []
    for run in runs:
        alphas, weights = read_history(run.folder.alphas), read_history(run.folder.history)
        last = max(record["step"] for record in weights)
        x = [record["step"] / last for record in alphas]
        for index, promise in enumerate(run.result.promises):
            for curves, name in ((expected, "expected"), (derived, "derived")):
                y = [record[name][index] for record in alphas]
                curves.append(Curve(run.label(promise), x, y, promise.target_ms))
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
        Point(
            run.label(promise),
            promise.predicted_ms,
            verification.measured_ms,
            verification.measured_ci_ms,
            promise.network_error_percent,
        )
        for run in runs
        for promise, verification in run.promises
        if verification is not None
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
        "correction": describe_correction(snapshot.correction),
        **({"predicted": describe_transfer(snapshot.transfer)} if snapshot.transfer else {}),
    }
