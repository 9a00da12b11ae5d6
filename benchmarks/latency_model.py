"""Latency model: how far what the service predicts of ops it has not timed is from timing them, and who does better.

A space's ops are timed at several resolutions on this machine, in one profile. Then rows are held out and predicted
from the others: each op in turn; each op in turn with none but its own resolution's rows to learn from, as in the table
of one space; and each resolution in turn. The last is extrapolation: what conformal intervals promise, they promise of
ops that are drawn like those timed.
"""

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.latency_baselines import Estimator, forest_per_kind, gradient_boosting, roofline
from benchmarks.timed_ops import TimedOps, time_ops
from latency_service.contract.ops import OpSpec
from latency_service.modelling.features import family
from latency_service.modelling.model import LatencyModel, Prediction

MODEL = "latency model"
BASELINES: Mapping[str, Estimator] = {
    "gradient boosting": gradient_boosting,
    "random forest per kind": forest_per_kind,
    "roofline": roofline,
}
#: nn-Meter's measure.
CLOSE = 0.1


@dataclass(frozen=True)
class HeldOut:
    """Rows that are predicted, and rows that are learned from, by their places."""

    predicted: tuple[int, ...]
    learned: tuple[int, ...]


@dataclass(frozen=True)
class Standing:
    """How well one estimator predicts one kind of held-out rows.

    Attributes:
        ops: How many were predicted; those of a family that was not learned from are not.
        mape_percent: Mean of the errors' sizes; `median` likewise.
        close_percent: Share of ops that are within 10 %.
        covered_percent: Share of ops within their interval of 90 %; None for estimators that give none.
        half_width_percent: Median of what the intervals allow, as a share of the latency.
    """

    runtime: str
    held_out: str
    estimator: str
    ops: int
    mape_percent: float
    median_percent: float
    close_percent: float
    covered_percent: float | None = None
    half_width_percent: float | None = None


def run(
    space: str,
    resolutions: Sequence[int],
    runtimes: Sequence[str],
    ops: int | None,
    folder: Path,
    json_file: Path | None,
    console: Console,
) -> list[Standing]:
    """Time the ops that the folder lacks, print the table, and return it.

    Args:
        space: Whose ops.
        resolutions: Of its images.
        runtimes: Of this machine, one thread.
        ops: How many of each resolution; None: all.
        folder: Of the latency table.
        json_file: Gets the figures and the rows, too.
        console: Gets the table.
    """
    timed = time_ops(space, resolutions, runtimes, ops, folder)
    standings = [each for runtime, rows in timed.items() for each in judge(runtime, rows, console)]
    console.print(_table(space, resolutions, standings))
    if json_file is not None:
        rows = {runtime: each.as_json() for runtime, each in timed.items()}
        figures = {"space": space, "standings": list(map(asdict, standings)), "rows": rows}
        json_file.write_text(json.dumps(figures, indent=2) + "\n")
    return standings


def judge(runtime: str, rows: TimedOps, console: Console) -> Iterator[Standing]:
    """Yield how well each estimator predicts each kind of held-out rows."""
    for name, splits in held_out(rows).items():
        chosen = [split for split in map(lambda each: _predictable(rows, each), splits) if split.predicted]
        truths = [rows.latencies_ms[place] for split in chosen for place in split.predicted]
        predictions: list[Prediction] = []
        for split in track(chosen, f"{runtime}, {name} held out", console=console):
            predictions += _model(rows, split)
        yield of_model(runtime, name, predictions, truths)
        for estimator, predict in BASELINES.items():
            found: list[float] = []
            for split in track(chosen, f"{runtime}, {name} held out, {estimator}", console=console):
                found += predict(*_learned(rows, split), [rows.ops[place] for place in split.predicted])
            yield standing(runtime, name, estimator, found, truths)


def held_out(rows: TimedOps) -> dict[str, list[HeldOut]]:
    """Return what is held out, and what is learned from; of one resolution alone there is one way."""
    places = range(len(rows.ops))
    of = {each: [p for p in places if rows.resolutions[p] == each] for each in dict.fromkeys(rows.resolutions)}
    own = [of[rows.resolutions[place]] for place in places]
    ops = [HeldOut((place,), tuple(p for p in places if p != place)) for place in places]
    if len(of) == 1:
        return {"an op": ops}
    return {
        "an op": ops,
        "an op, one resolution": [HeldOut((place,), tuple(p for p in own[place] if p != place)) for place in places],
        "a resolution": [HeldOut(tuple(kept), tuple(p for p in places if p not in kept)) for kept in of.values()],
    }


def of_model(runtime: str, held: str, predictions: Sequence[Prediction], truths: Sequence[float]) -> Standing:
    """Return how well predictions with intervals do."""
    plain = standing(runtime, held, MODEL, [each.latency_ms for each in predictions], truths)
    pairs = list(zip(predictions, truths, strict=True))
    covered = [each.low_ms <= truth <= each.high_ms for each, truth in pairs]
    widths = [(each.high_ms - each.low_ms) / 2 / each.latency_ms for each, _ in pairs]
    intervals = {
        "covered_percent": 100 * statistics.mean(covered),
        "half_width_percent": 100 * statistics.median(widths),
    }
    return Standing(**asdict(plain) | intervals)


def standing(runtime: str, held: str, estimator: str, predicted: Sequence[float], truths: Sequence[float]) -> Standing:
    """Return how well predictions do."""
    errors = [abs(found / truth - 1) for found, truth in zip(predicted, truths, strict=True)]
    return Standing(
        runtime=runtime,
        held_out=held,
        estimator=estimator,
        ops=len(errors),
        mape_percent=100 * statistics.mean(errors),
        median_percent=100 * statistics.median(errors),
        close_percent=100 * statistics.mean(error <= CLOSE for error in errors),
    )


def _predictable(rows: TimedOps, split: HeldOut) -> HeldOut:
    known = {family(rows.ops[place]) for place in split.learned}
    return HeldOut(tuple(p for p in split.predicted if family(rows.ops[p]) in known), split.learned)


def _model(rows: TimedOps, split: HeldOut) -> list[Prediction]:
    return LatencyModel(*_learned(rows, split)).predict([rows.ops[place] for place in split.predicted])


def _learned(rows: TimedOps, split: HeldOut) -> tuple[list[OpSpec], list[float]]:
    return [rows.ops[place] for place in split.learned], [rows.latencies_ms[place] for place in split.learned]


def _table(space: str, resolutions: Sequence[int], standings: Sequence[Standing]) -> Table:
    table = Table(title=f"{space} at {', '.join(map(str, resolutions))} pixels: ops predicted from the others")
    texts = ("runtime", "held out", "predicted by")
    for column in (*texts, "ops", "MAPE / median", "within 10 %", "in its 90 % interval", "interval"):
        table.add_column(column, justify="left" if column in texts else "right")
    for each in standings:
        has_interval = each.covered_percent is not None
        table.add_row(
            each.runtime,
            each.held_out,
            each.estimator,
            str(each.ops),
            f"{each.mape_percent:.1f} / {each.median_percent:.1f} %",
            f"{each.close_percent:.1f} %",
            f"{each.covered_percent:.1f} %" if has_interval else "",
            f"+- {each.half_width_percent:.1f} %" if has_interval else "",
            end_section=each.estimator == list(BASELINES)[-1],
        )
    return table
