"""Reading CSV: a header, then one row an entry, in the columns that csv_file.py writes.

What all rows share may stand in each of them, and must then be the same in all.
"""

import csv
import io
from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import orjson

from latency_service.contract.errors import ImportRefused
from latency_service.interchange import flat_rows
from latency_service.interchange.cells import number_or_text, shown
from latency_service.interchange.flat_rows import NumberedCells
from latency_service.interchange.reading import Reading
from latency_service.services.sheets import Sheet

if TYPE_CHECKING:
    from _csv import Reader

_MOST_COLUMNS = 100
_TEXTS = ("workload", "verdict", "source", "measured_at", "measurement_id", *flat_rows.HEAD)


def read(content: bytes, reading: Reading) -> Sheet:
    """Return the rows of a CSV file (UTF-8, commas, quotes doubled within quotes).

    Raises:
        ImportRefused: It is none, or its rows have not the header's columns.
    """
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = _header(reader)
        rows = _rows(reader, header)
        first = list(islice(rows, 1))
        head = {name: cell for _, cells in first for name, cell in cells.items() if name in flat_rows.HEAD}
        return flat_rows.read(chain(first, rows), header, head, reading.unit)
    except csv.Error as error:
        raise ImportRefused(f"the file is no CSV: {error}") from None
    except UnicodeDecodeError as error:
        raise ImportRefused(f"the file is not UTF-8, as a CSV file must be: {error}") from None


def _header(reader: "Reader") -> list[str]:
    header: list[str] = next(reader, [])
    if "workload" not in header or len(set(header)) < len(header) or len(header) > _MOST_COLUMNS:
        told = f"at most {_MOST_COLUMNS} columns, each once, with commas between them, workload among them"
        raise ImportRefused(f"line 1 must name {told}, and is {shown(header)}")
    return header


def _rows(reader: "Reader", header: list[str]) -> Iterator[NumberedCells]:
    line = reader.line_num + 1
    for texts in reader:
        if len(texts) not in (0, len(header)):
            raise ImportRefused(f"line {line} has {len(texts)} cells, and the header {len(header)}")
        if texts:
            yield line, {name: _cell(name, text) for name, text in zip(header, texts, strict=True)}
        line = reader.line_num + 1


def _cell(name: str, text: str) -> Any:
    if text == "":
        return None
    if name == "conditions":
        return _json_or_text(text)
    return text if name in _TEXTS else number_or_text(text)


def _json_or_text(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
