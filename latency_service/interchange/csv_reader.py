"""Reading CSV: a header, then one row an entry, in the columns that csv_file.py writes.

What all rows share may stand in each of them, and must then be the same in all.
"""

import csv
import io
from collections.abc import Iterator
from typing import Any

import orjson

from latency_service.contract.errors import ImportRefused
from latency_service.interchange import flat_rows
from latency_service.interchange.cells import number_or_text, shown
from latency_service.interchange.flat_rows import NumberedCells
from latency_service.interchange.reading import Reading
from latency_service.services.sheets import MOST_ROWS, Sheet

_MOST_COLUMNS = 100
_TEXTS = ("workload", "verdict", "source", "measured_at", "measurement_id", *flat_rows.HEAD)


def read(content: bytes, reading: Reading) -> Sheet:
    """Return the rows of a CSV file (UTF-8, commas, quotes doubled within quotes).

    Raises:
        ImportRefused: It is none, or its rows have not the header's columns.
    """
    try:
        rows = list(_rows(content))
    except (csv.Error, UnicodeDecodeError) as error:
        raise ImportRefused(f"the file is no CSV: {error}") from None
    shared = rows[0][1] if rows else {}
    return flat_rows.read(rows, {name: shared[name] for name in flat_rows.HEAD if name in shared}, reading.unit)


def _rows(content: bytes) -> Iterator[NumberedCells]:
    reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    header = next(reader, [])
    if "workload" not in header or len(set(header)) < len(header) or len(header) > _MOST_COLUMNS:
        raise ImportRefused(f"line 1 must name each column once, workload among them, and is {shown(header)}")
    line = reader.line_num + 1
    for number, texts in enumerate(reader):
        if number > MOST_ROWS:
            return  # Sheet.of refuses so many
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
