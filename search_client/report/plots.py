"""The report's plots, each an SVG fragment that stands in a page without loading anything."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

LINE_COLOURS = ("#004488", "#BB5566", "#DDAA33", "#228833", "#66CCEE", "#AA3377")


@dataclass(frozen=True)
class Curve:
    """One run's course: values of y over the share of the search that has passed (0 to 1)."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    target: float | None = None


@dataclass(frozen=True)
class Point:
    """One network: what was promised and what was measured, each with its error where that is known; milliseconds."""

    name: str
    predicted_ms: float
    measured_ms: float
    measured_ci_ms: tuple[float, float]
    network_error_percent: float | None = None

    @property
    def predicted_error_ms(self) -> float:
        """Mean error of such predictions; 0 where nobody knows it."""
        return self.predicted_ms * (self.network_error_percent or 0.0) / 100


@dataclass(frozen=True)
class Plot:
    """An SVG fragment and the sentence under it."""

    svg: str
    caption: str


def course(curves: Sequence[Curve], y_label: str, caption: str) -> Plot:
    """Return curves over the course of the search; a curve's target is a dashed line in its colour."""
    figure, axes = _axes("share of the search", y_label)
    for colour, curve in zip(LINE_COLOURS * len(curves), curves, strict=False):
        axes.plot(curve.x, curve.y, color=colour, linewidth=1.6, label=curve.name)
        if curve.target is not None:
            axes.axhline(curve.target, color=colour, linewidth=1, linestyle="--")
    axes.legend(frameon=False)
    return Plot(_svg(figure), caption)


def promise_against_measurement(points: Sequence[Point]) -> Plot:
    """Return measured over predicted with error bars; on the diagonal the promise held."""
    figure, axes = _axes("predicted, ms", "measured, ms")
    for colour, point in zip(LINE_COLOURS * len(points), points, strict=False):
        low, high = point.measured_ci_ms
        vertical = [[point.measured_ms - low], [high - point.measured_ms]]
        at = ([point.predicted_ms], [point.measured_ms])
        axes.errorbar(
            *at, yerr=vertical, xerr=point.predicted_error_ms, fmt="o", color=colour, capsize=4, label=point.name
        )
    top = 1.15 * max(max(point.predicted_ms + point.predicted_error_ms, point.measured_ci_ms[1]) for point in points)
    axes.plot([0, top], [0, top], color="#999999", linewidth=1, label="promise held")
    axes.fill_between([0, top], [0, 0.9 * top], [0, 1.1 * top], color="#999999", alpha=0.15, label="within 10 %")
    axes.set(xlim=(0, top), ylim=(0, top))
    axes.legend(frameon=False, loc="upper left")
    return Plot(
        _svg(figure),
        "Each network's promise against its measurement; upright bars are the median's 95 % interval, level ones the "
        "predictions' mean error, where the table knows it.",
    )


def _axes(x_label: str, y_label: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5.6, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    return figure, axes


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg")
    return re.sub(r"^.*?(?=<svg)", "", buffer.getvalue(), count=1, flags=re.DOTALL)
