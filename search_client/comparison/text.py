"""The matrix as a table for the terminal."""

from rich.table import Table

from search_client.comparison.cells import Cell
from search_client.comparison.matrix import Contestant, Matrix


def matrix_table(matrix: Matrix) -> Table:
    """Return a row a network, a column a device."""
    table = Table(title="Measured whole, ms, with 95 % intervals; *: searched for this device")
    table.add_column("network")
    for column in ("MACs", "accuracy", *(place.label for place in matrix.places)):
        table.add_column(column, justify="right")
    for contestant, cells in zip(matrix.contestants, matrix.rows, strict=True):
        accuracy = "" if contestant.accuracy is None else f"{contestant.accuracy:.1%}"
        macs = f"{contestant.macs / 1e6:.2f} M"
        table.add_row(contestant.name, macs, accuracy, *(_text(cell, contestant) for cell in cells))
    return table


def _text(cell: Cell, contestant: Contestant) -> str:
    low, high = cell.measured_ci_ms
    verdict = "" if cell.verdict == "ok" else f", {cell.verdict}"
    mark = " *" if cell.place in contestant.targets else ""
    return f"{cell.measured_ms:.4g} ({low:.4g} to {high:.4g}){verdict}{mark}"
