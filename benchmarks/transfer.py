"""Transfer: how far a device's table is off that was predicted from a few of its ops and from other tables.

Each table of this machine in turn is the new device, its first session the truth. The others are either all other
tables, or those of other runtimes alone: a runtime's tables on one and on two threads are more alike than two phones.
Beside it stand the same number of random ops, the plain latency model where it has rows enough, one factor on what the
other tables say on average, and measuring everything once more, which is what no prediction can be expected to beat.
"""

import io
import json
import math
import random
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.device_tables import DeviceTables, measured_tables
from benchmarks.latency_model import Standing, of_model, standing
from latency_service.contract.ops import Zero
from latency_service.modelling.limits import LEAST_ROWS
from latency_service.modelling.model import LatencyModel
from latency_service.modelling.transfer.transfer import DEFAULT_COUNT, Transfer
from search_client.spaces.registry import make_space
from search_client.training.atomic_file import write_atomically

COUNTS = (1, 2, 3, 5, 10, 20, 40)
CHOSEN, DRAWN, MODEL, FACTOR = "transfer", "transfer, random ops", "latency model", "one factor"
OTHERS = ("all other tables", "other runtimes' tables")

_DRAWS = 10
_LEAST_OTHERS = 2
_DOTS_AN_INCH = 150

Places = Sequence[int]


@dataclass(frozen=True)
class Trial:
    """One estimator on one table, with so many of its ops measured; `standing.held_out` names what the others are."""

    measured: int
    standing: Standing


def run(space: str, names: Sequence[str], folder: Path, json_file: Path | None, console: Console) -> list[Trial]:
    """Measure the tables that the folder lacks, print what transfer is worth, and return it.

    Args:
        space: Whose ops.
        names: Of benchmarks.device_tables.CONDITIONS.
        folder: Of the tables; the picture is written there, too.
        json_file: Gets the figures.
        console: Gets the tables.
    """
    ops = [op for op in make_space(space).ops() if not isinstance(op, Zero)]
    tables = measured_tables(ops, names, folder, console)
    trials = [each for others in OTHERS for each in judge(tables, others, console)]
    console.print(*(_summary(trials, others) for others in OTHERS), _by_table(tables, trials))
    write_atomically(folder / "transfer.png", picture(trials))
    if json_file is not None:
        figures = {"space": space, "repeated": repeated(tables), "trials": list(map(facts_of, trials))}
        json_file.write_text(json.dumps(figures, indent=2) + "\n")
    return trials


def repeated(tables: DeviceTables) -> dict[str, tuple[float, float]]:
    """Return how far each table's second session is from its first, by name: percent as it is, and at one speed."""
    found = {}
    for name, first, again in zip(tables.names, tables.latencies_ms, tables.again_ms, strict=True):
        ratios = (again / first)[np.isfinite(again / first)]
        at_one_speed = ratios / np.exp(np.median(np.log(ratios)))
        found[name] = (100 * float(np.abs(ratios - 1).mean()), 100 * float(np.abs(at_one_speed - 1).mean()))
    return found


def judge(tables: DeviceTables, others: str, console: Console) -> Iterator[Trial]:
    """Yield how well each estimator does on each table that has at least two others."""
    everywhere = range(len(tables.names))
    for table in track(everywhere, f"from {others}", console=console):
        kept = [
            each
            for each in everywhere
            if each != table and (others == OTHERS[0] or tables.runtimes[each] != tables.runtimes[table])
        ]
        if len(kept) >= _LEAST_OTHERS:
            yield from _NewDevice(tables, table, kept, others).trials()


class _NewDevice:
    """One table as a new device's, and what the kept ones tell of it."""

    def __init__(self, tables: DeviceTables, table: int, kept: Places, others: str) -> None:
        self._truth = tables.latencies_ms[table]
        known = np.isfinite(tables.latencies_ms[list(kept)]).sum(axis=0) >= _LEAST_OTHERS
        self._known = [place for place in np.flatnonzero(known & np.isfinite(self._truth)).tolist()]
        self._truth = self._truth[self._known]
        self._ops = [tables.ops[place] for place in self._known]
        self._latencies = tables.latencies_ms[np.ix_(list(kept), self._known)]
        self._transfer = Transfer(self._ops, self._latencies)
        self._name, self._others = tables.names[table], others

    def trials(self) -> Iterator[Trial]:
        """Yield each estimator for each number of measured ops that leaves some."""
        drawn = random.Random(0)
        for count in (each for each in COUNTS if each < len(self._ops)):
            chosen = self._transfer.informative(count)
            yield Trial(count, self._transferred(CHOSEN, chosen))
            draws = [drawn.sample(range(len(self._ops)), count) for _ in range(_DRAWS)]
            yield Trial(count, _mean([self._transferred(DRAWN, places) for places in draws]))
            yield Trial(count, self._by_one_factor(chosen))
            if count >= LEAST_ROWS:
                yield Trial(count, self._modelled(chosen))

    def _rest(self, places: Places) -> list[int]:
        return [place for place in range(len(self._ops)) if place not in set(places)]

    def _transferred(self, estimator: str, places: Places) -> Standing:
        predictions = self._transfer.predict({place: float(self._truth[place]) for place in places})
        rest = self._rest(places)
        found = of_model(self._name, self._others, [predictions[each] for each in rest], self._truth[rest].tolist())
        return Standing(**asdict(found) | {"estimator": estimator})

    def _by_one_factor(self, places: Places) -> Standing:
        shared = np.nanmean(np.log(self._latencies), axis=0)
        level = float(np.mean(np.log(self._truth[list(places)]) - shared[list(places)]))
        rest = self._rest(places)
        predicted = np.exp(shared[rest] + level).tolist()
        return standing(self._name, self._others, FACTOR, predicted, self._truth[rest].tolist())

    def _modelled(self, places: Places) -> Standing:
        model = LatencyModel([self._ops[place] for place in places], self._truth[list(places)].tolist())
        rest = [place for place in self._rest(places) if model.unknown_family(self._ops[place]) is None]
        predictions = model.predict([self._ops[place] for place in rest])
        return of_model(self._name, self._others, predictions, self._truth[rest].tolist())


def _mean(standings: Sequence[Standing]) -> Standing:
    """Return the mean of several draws."""
    facts = [asdict(each) for each in standings]
    numbers = [name for name, value in facts[0].items() if isinstance(value, float)]
    return Standing(**facts[0] | {name: statistics.mean(each[name] for each in facts) for name in numbers})


def _medians(trials: Sequence[Trial], read: Callable[[Standing], float | None]) -> dict[tuple[str, str, int], float]:
    """Return medians over the tables, by others, estimator and number of measured ops."""
    values: dict[tuple[str, str, int], list[float]] = {}
    for each in trials:
        value = read(each.standing)
        if value is not None:
            values.setdefault((each.standing.held_out, each.standing.estimator, each.measured), []).append(value)
    return {group: statistics.median(several) for group, several in values.items()}


def facts_of(trial: Trial) -> dict[str, object]:
    """Return a trial for JSON, which knows no infinity: an interval without an end has no width."""
    values = asdict(trial.standing)
    return {"measured": trial.measured} | {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in values.items()
    }


def _summary(trials: Sequence[Trial], others: str) -> Table:
    title = f"from {others}: errors of ops that were not measured, medians over the new devices"
    table = Table(title=title)
    for column in ("ops measured", CHOSEN, "within 10 %", "its 90 % interval", "holds", DRAWN, MODEL, FACTOR):
        table.add_column(column, justify="right")
    errors, close, held, widths = (
        _medians(trials, read)
        for read in (
            lambda each: each.mape_percent,
            lambda each: each.close_percent,
            lambda each: each.covered_percent,
            lambda each: each.half_width_percent,
        )
    )
    for count in COUNTS:
        chosen = (others, CHOSEN, count)
        if chosen in errors:
            beside = [errors.get((others, estimator, count)) for estimator in (DRAWN, MODEL, FACTOR)]
            cells = [f"{errors[chosen]:.1f} %", f"{close[chosen]:.0f} %", f"+- {widths[chosen]:.0f} %"]
            cells += [f"{held[chosen]:.0f} %", *("" if each is None else f"{each:.1f} %" for each in beside)]
            table.add_row(str(count), *cells)
    return table


def _by_table(tables: DeviceTables, trials: Sequence[Trial]) -> Table:
    """Return each table's errors with DEFAULT_COUNT ops measured, beside its own from session to session."""
    again = repeated(tables)
    table = Table(title=f"{DEFAULT_COUNT} ops measured, errors of the others; and everything measured once more")
    table.add_column("table")
    for column in (*OTHERS, "once more", "at one speed"):
        table.add_column(column, justify="right")
    for name in tables.names:
        found: Mapping[str, Standing] = {
            each.standing.held_out: each.standing
            for each in trials
            if (each.standing.runtime, each.standing.estimator, each.measured) == (name, CHOSEN, DEFAULT_COUNT)
        }
        cells = [_error(found[others]) if others in found else "" for others in OTHERS]
        table.add_row(name, *cells, *(f"{value:.1f} %" for value in again[name]))
    return table


def _error(of: Standing) -> str:
    return f"{of.mape_percent:.1f} % (90 %: {of.covered_percent:.0f} % in)"


def picture(trials: Sequence[Trial]) -> bytes:
    """Return the picture as PNG: error against the number of measured ops, a panel for each choice of others."""
    medians = _medians(trials, lambda each: each.mape_percent)
    figure = Figure(figsize=(9, 4), layout="constrained")
    panels = figure.subplots(1, len(OTHERS), sharey=True)
    for axes, others in zip(panels, OTHERS, strict=True):
        for estimator in (CHOSEN, DRAWN, FACTOR, MODEL):
            line = {count: value for (of, by, count), value in medians.items() if (of, by) == (others, estimator)}
            axes.plot(list(line), list(line.values()), marker="o", label=estimator)
        axes.set(xscale="log", yscale="log", title=f"from {others}", xlabel="ops measured")
        axes.grid(alpha=0.25)
    panels[0].set_ylabel("MAPE of the others, %")
    panels[0].legend(frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DOTS_AN_INCH)
    return buffer.getvalue()
