"""Flat rows: entries as maps from column to cell, the way CSV, JSON and Parquet files hold them.

The columns are those of columns.py. `workload` and a latency are all that must be there. A column says what its times
are in: `latency_ms`, `latency_us`, `latency_s`; where one is called `latency` alone, `unit` says it, or the person.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast, get_args

from pydantic import TypeAdapter, ValidationError

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import DeviceName
from latency_service.contract.errors import ImportRefused, InvalidKey
from latency_service.contract.keys import parse_key
from latency_service.contract.limits import Moment
from latency_service.contract.measurement import Verdict
from latency_service.contract.messages import Entry, Placement, RowRemark, SourceName
from latency_service.contract.network import NETWORK_PREFIX, Workload, WorkloadKey
from latency_service.contract.ops import Zero
from latency_service.interchange.cells import RowRefused, interval_ms, latency_ms, shown, whole
from latency_service.interchange.columns import ENTRY_COLUMNS
from latency_service.services.entries import zero_entry
from latency_service.services.sheets import Facts, Sheet, SheetRow, remark

#: What holds for all rows of a file, by the names that CSV has for it.
HEAD = ("unit", "device", "device_state", "conditions", "protocol_version", "provenance", "table_source")
_PASSED_OVER = {*HEAD, "table_id", "snapshot_id"}

Cells = Mapping[str, Any]
NumberedCells = tuple[int, Cells]

_MOMENT: TypeAdapter[Moment] = TypeAdapter(Moment)
_NETWORK_KEY = re.compile(rf"{NETWORK_PREFIX}[0-9a-f]{{24}}")


def read(rows: Iterable[NumberedCells], columns: Iterable[str], head: Cells, unit: str | None) -> Sheet:
    """Return the rows of a file.

    Args:
        rows: Each with its line; rows that have cells of the head must have those of `head`.
        columns: What the file has, so that the report can name those that are not used.
        head: What holds for all rows, by HEAD's names.
        unit: What the person says the times are in.

    Raises:
        ImportRefused: The head is wrong, or there are too many rows.
    """
    told = {str(each) for each in (unit, head.get("unit")) if each is not None}
    return Sheet.of(_sheet_rows(rows, head, told), _unused(columns), _facts(head))


def is_entry_column(name: str) -> bool:
    """Say whether a column holds something of an entry, as far as its name tells."""
    return name in ENTRY_COLUMNS or name.startswith(("latency", "ci_"))


def _sheet_rows(rows: Iterable[NumberedCells], head: Cells, units: set[str]) -> Iterator[SheetRow | RowRemark]:
    for line, cells in rows:
        try:
            for name in HEAD:
                if name in cells and cells[name] != head.get(name):
                    raise RowRefused(f"its {name} is {shown(cells[name])}, and the first row's {shown(head.get(name))}")
            yield _sheet_row(line, cells, units)
        except RowRefused as error:
            yield remark(line, str(cells.get("workload")), str(error))


def _sheet_row(line: int, cells: Cells, units: set[str]) -> SheetRow:
    key = cells.get("workload")
    if not isinstance(key, str):
        raise RowRefused(f"workload is {shown(key)}, which is no key")
    if cells.get("source") == "predicted":
        raise RowRefused("its source is predicted; only what was measured is imported")
    workload = _workload(key)
    entry = _zero(key, cells) if isinstance(workload, Zero) else _entry(key, cells, units)
    return SheetRow(line, key, workload, entry)


def _workload(key: str) -> Workload | None:
    if _NETWORK_KEY.fullmatch(key):
        return None
    try:
        return parse_key(key)
    except InvalidKey as error:
        raise RowRefused(str(error)) from None


def _zero(key: str, cells: Cells) -> Entry:
    name = _latency_column(cells)
    if cells[name] != 0:
        raise RowRefused(f"{name} is {shown(cells[name])}, and a zero op costs nothing, by definition")
    return zero_entry(key)


def _entry(key: str, cells: Cells, units: set[str]) -> Entry:
    name = _latency_column(cells)
    unit = _unit(name, units)
    latency = latency_ms(name, cells[name], unit)
    low, high = (cells.get(name.replace("latency", end, 1)) for end in ("ci_low", "ci_high"))
    interval = interval_ms(latency, low, high, unit) or (None, None)
    placement, isolated_ms = _placement(cells)
    return Entry(
        workload=WorkloadKey(key),
        latency_ms=latency,
        ci_low_ms=interval[0],
        ci_high_ms=interval[1],
        n=whole("n", _told(cells, "n", 0), least=0),
        verdict=_verdict(_told(cells, "verdict", "ok")),
        source="imported",
        placement=placement,
        isolated_ms=isolated_ms,
        sessions=whole("sessions", _told(cells, "sessions", 1), least=0),
        measured_at=_moment(cells.get("measured_at")),
        measurement_id=None,
    )


def _latency_column(cells: Cells) -> str:
    names = [name for name in cells if name == "latency" or name.startswith("latency_")]
    if len(names) != 1:
        raise RowRefused(
            f"it has {len(names)} latencies ({', '.join(names)[:80]}); one column, latency_ms, is to be it"
        )
    return names[0]


def _unit(latency_column: str, units: set[str]) -> str:
    of_column = latency_column.removeprefix("latency").removeprefix("_")
    told = units | {of_column} - {""}
    if len(told) != 1:
        said = f"says {' and '.join(sorted(told))}" if told else "does not say"
        raise RowRefused(f"the file {said} what its times are in; one of us, ms and s it must be (--unit)")
    return told.pop()


def _told(cells: Cells, name: str, default: Any) -> Any:
    cell = cells.get(name)
    return default if cell is None else cell


def _verdict(cell: Any) -> Verdict:
    if cell not in ("ok", "noisy"):
        raise RowRefused(f"verdict is {shown(cell)}; an entry's is ok or noisy")
    return cast(Verdict, cell)


def _placement(cells: Cells) -> tuple[Placement, float | None]:
    """Return where the op stood, and what it takes alone where it did not."""
    cell, alone = _told(cells, "placement", "isolated"), cells.get("isolated_ms")
    if cell not in get_args(Placement):
        raise RowRefused(f"placement is {shown(cell)}; an entry's is {' or '.join(get_args(Placement))}")
    if (cell == "in_context") != (alone is not None):
        raise RowRefused(
            f"placement is {cell} and isolated_ms {shown(alone)}; what is in_context has one, what is not has none"
        )
    return cast(Placement, cell), None if alone is None else latency_ms("isolated_ms", alone, "ms")


def _moment(cell: Any) -> Moment | None:
    try:
        return None if cell is None else _MOMENT.validate_python(cell)
    except ValidationError as error:
        raise RowRefused(f"measured_at is {shown(cell)}: {error.errors()[0]['msg']}") from None


def _unused(columns: Iterable[str]) -> Iterator[RowRemark]:
    unused = [name for name in columns if name not in _PASSED_OVER and not is_entry_column(name)]
    if unused:
        yield remark(0, "columns", f"not used: {', '.join(unused)[:200]}")


def _facts(head: Cells) -> Facts:
    """Return what a file says of itself; of a measured table it names no source, as that is for the person to say."""
    is_imported = head.get("provenance") == "imported"
    return Facts(
        device=_checked("device", DeviceName, head.get("device")),
        conditions=_checked("conditions", Conditions, head.get("conditions")),
        source=_checked("source", SourceName, head.get("table_source")) if is_imported else None,
    )


def _checked(name: str, kind: Any, value: Any) -> Any:
    try:
        return None if value is None else TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise ImportRefused(f"the file's {name} is {shown(value)}: {first['msg']}") from None
