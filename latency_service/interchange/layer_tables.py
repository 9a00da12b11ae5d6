"""Layer tables: what the YAML tables of ProxylessNAS and of Once-for-All have in common.

`KEY: {count: 50, mean: 1.5, var: 0.01}`; Once-for-All has `std` where ProxylessNAS has `var`. The mean is of
milliseconds unless the reader is told otherwise. `count` and the spread may be absent: then nobody knows them.
"""

import math
from collections.abc import Callable, Iterator, Mapping

from latency_service.contract.messages import Entry, RowRemark
from latency_service.contract.network import workload_key
from latency_service.contract.ops import OpSpec
from latency_service.interchange.cells import MOST_MS, RowRefused, finite, latency_ms, shown, to_ms, whole
from latency_service.interchange.mean_interval import mean_ci
from latency_service.interchange.yaml_rows import Cell, YamlRow, read_rows
from latency_service.services.sheets import Sheet, SheetRow, remark

_KNOWN = ("count", "mean", "var", "std")


def read(content: bytes, unit: str, parse: Callable[[str], OpSpec]) -> Sheet:
    """Return the rows of such a table.

    Args:
        content: The file.
        unit: Of its times.
        parse: Returns the op that a key stands for, or raises RowRefused.

    Raises:
        ImportRefused: The file is no such table.
    """
    return Sheet.of(_rows(content, unit, parse))


def _rows(content: bytes, unit: str, parse: Callable[[str], OpSpec]) -> Iterator[SheetRow | RowRemark]:
    for row in read_rows(content):
        try:
            yield _sheet_row(row, unit, parse)
        except RowRefused as error:
            yield remark(row.line, row.key, str(error))


def _sheet_row(row: YamlRow, unit: str, parse: Callable[[str], OpSpec]) -> SheetRow:
    if row.flaw is not None:
        raise RowRefused(row.flaw)
    unknown = [name for name in row.cells if name not in _KNOWN]
    if unknown:
        raise RowRefused(f"it has a {shown(unknown[0])}; a row has {', '.join(_KNOWN)}")
    op = parse(row.key)
    mean = latency_ms("mean", row.cells.get("mean"), unit)
    count = whole("count", row.cells["count"], least=1) if "count" in row.cells else 0
    interval = mean_ci(mean, _variance(row.cells, unit), count) or (None, None)
    entry = Entry(
        workload=workload_key(op),
        latency_ms=mean,
        ci_low_ms=interval[0],
        ci_high_ms=interval[1],
        n=count,
        verdict="ok",
        source="imported",
        measured_at=None,
        measurement_id=None,
    )
    return SheetRow(row.line, row.key, op, entry)


def _variance(cells: Mapping[str, Cell], unit: str) -> float:
    """Return the variance in square milliseconds; 0 where the row tells none."""
    if "var" in cells and "std" in cells:
        raise RowRefused("it has both var and std")
    name = "std" if "std" in cells else "var"
    spread = finite(name, cells.get(name, 0))
    if spread < 0:
        raise RowRefused(f"{name} is {spread:g}, and no spread is negative")
    deviation = to_ms(spread if name == "std" else math.sqrt(spread), unit)
    if deviation > MOST_MS:
        raise RowRefused(f"the standard deviation is {deviation:g} ms, which is absurd: at most {MOST_MS:g}")
    return deviation**2
