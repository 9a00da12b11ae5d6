"""The service's figures: each beside its goal, and what a million measurements in the database change of it."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel
from rich.table import Table

#: What the bare app does on the machine that the goals were written for; on another they are scaled by the ratio.
REFERENCE_BARE_PER_S = 17_000.0
LARGEST_CHANGE = 0.2


class Figure(BaseModel):
    """One figure.

    Attributes:
        engine: Of the database; empty where there is none.
        goal: What it is to be at least, or at most; None where it only stands beside another.
        best: Whether more or less of it is better.
        later: The same with a million measurements in the database.
    """

    name: str
    engine: str
    value: float
    unit: str
    goal: float | None = None
    best: Literal["more", "less"] = "more"
    later: float | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.best == "more" else self.value <= self.goal

    @property
    def change(self) -> float | None:
        """How much worse it is with a million measurements, as a share; negative where it is better."""
        if self.later is None:
            return None
        ratio = self.later / self.value
        return 1 - ratio if self.best == "more" else ratio - 1


class Report(BaseModel):
    """All figures of a run.

    Attributes:
        bare_per_s: The denominator: what a bare app answers a second on the service's core.
        measurements: How many there were in the database when the figures were taken again.
    """

    bare_per_s: float
    measurements: int
    figures: tuple[Figure, ...]

    @property
    def scale(self) -> float:
        """How much faster this machine is than the one that the goals were written for."""
        return scale(self.bare_per_s)


def scale(bare_per_s: float) -> float:
    """Return by what goals are multiplied (or divided, where less is better)."""
    return bare_per_s / REFERENCE_BARE_PER_S


def with_later(first: Iterable[Figure], again: Iterable[Figure]) -> tuple[Figure, ...]:
    """Return the first figures with the values that they had again later."""
    values = {(figure.engine, figure.name): figure.value for figure in again}
    return tuple(figure.model_copy(update={"later": values.get((figure.engine, figure.name))}) for figure in first)


def report_table(report: Report) -> Table:
    """Return the report for people."""
    title = f"Bare app: {report.bare_per_s:,.0f} requests/s, {report.scale:.2f} of the goals' machine"
    table = Table("figure", "engine", title=title)
    for column in ("value", "goal", f"with {report.measurements:,} measurements", "worse by"):
        table.add_column(column, justify="right")
    for figure in report.figures:
        table.add_row(
            figure.name,
            figure.engine,
            f"{_number(figure.value)} {figure.unit}",
            _marked(_goal(figure), figure.is_met),
            "" if figure.later is None else f"{_number(figure.later)} {figure.unit}",
            "" if figure.change is None else _marked(f"{figure.change:+.0%}", figure.change <= LARGEST_CHANGE),
        )
    return table


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    sign = "≥" if figure.best == "more" else "≤"
    return f"{sign} {_number(figure.goal)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _marked(text: str, is_good: bool | None) -> str:
    return text if is_good is None else f"[{'green' if is_good else 'bold red'}]{text}"
