"""The matrix as a heat map: dark where a network is slow for its device."""

import io
from typing import Literal

import matplotlib as mpl
from matplotlib.figure import Figure

from search_client.comparison.matrix import Matrix

PictureFormat = Literal["svg", "png"]

_INCHES_A_COLUMN, _INCHES_A_ROW, _MARGIN_INCHES = 1.7, 0.55, 2.2
_DARKEST = 0.85
_DOTS_AN_INCH = 150


def picture(matrix: Matrix, picture_format: PictureFormat) -> bytes:
    """Return the picture; each cell says milliseconds, and how many times the device's fastest network that is."""
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "comparison"}):  # the same matrix, the same file
        metadata = {"Date": None} if picture_format == "svg" else None
        _figure(matrix).savefig(buffer, format=picture_format, dpi=_DOTS_AN_INCH, metadata=metadata)
    return buffer.getvalue()


def _figure(matrix: Matrix) -> Figure:
    slowdowns = [
        [matrix.slowdown(row, column) for column in range(len(matrix.places))] for row in range(len(matrix.rows))
    ]
    size = (
        _MARGIN_INCHES + _INCHES_A_COLUMN * len(matrix.places),
        _MARGIN_INCHES / 2 + _INCHES_A_ROW * len(matrix.rows),
    )
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    slowest = max(1.01, *map(max, slowdowns))
    axes.imshow(slowdowns, cmap="YlGnBu", vmin=1.0, vmax=1.0 + (slowest - 1.0) / _DARKEST, aspect="auto")
    axes.set_xticks(range(len(matrix.places)), [place.label for place in matrix.places])
    axes.set_yticks(range(len(matrix.rows)), [contestant.name for contestant in matrix.contestants])
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    for row, cells in enumerate(matrix.rows):
        for column, cell in enumerate(cells):
            slowdown = slowdowns[row][column]
            is_dark = (slowdown - 1) / (slowest - 1) > 0.6
            text = f"{cell.measured_ms:.3g} ms\n{slowdown:.2f} x"
            colour = "#ffffff" if is_dark else "#111111"
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)
    return figure
