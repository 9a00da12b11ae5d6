"""Parquet: reading entries and the table's head from the schema's metadata; arrow_table.py writes them.

What a file would take once it is unpacked is looked at before anything is.
"""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson

from latency_service.contract.errors import ImportRefused
from latency_service.interchange import flat_rows
from latency_service.interchange.columns import ENTRY_COLUMNS
from latency_service.interchange.reading import Reading
from latency_service.services.sheets import MOST_ROWS, Sheet

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

_MOST_UNPACKED_BYTES = 256 * 2**20
_MOST_COLUMNS = 100
_LONGEST_HEADER = 2**20


def read(content: bytes, reading: Reading) -> Sheet:
    """Return the rows of a Parquet file; their lines are the rows' numbers.

    Raises:
        ImportRefused: It is no Parquet file, or one that is too large unpacked.
    """
    import pyarrow

    try:
        table = _read_table(content)
        head, rows = _head(table), list(_rows(table))
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, KeyError) as error:
        raise ImportRefused(f"the file is no Parquet file: {' '.join(str(error).split())[:300]}") from None
    return flat_rows.read(rows, head, reading.unit)


def _read_table(content: bytes) -> "pyarrow.Table":
    import pyarrow.parquet

    limits = {"thrift_string_size_limit": _LONGEST_HEADER, "thrift_container_size_limit": _LONGEST_HEADER}
    file = pyarrow.parquet.ParquetFile(io.BytesIO(content), **limits)
    _check_size(file.metadata)
    return file.read(use_threads=False)


def _check_size(metadata: "pyarrow.parquet.FileMetaData") -> None:
    unpacked = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    if not 0 <= metadata.num_rows <= MOST_ROWS or metadata.num_columns > _MOST_COLUMNS:
        told = f"{metadata.num_rows:,} rows of {metadata.num_columns:,} columns"
        raise ImportRefused(f"the file has {told}; no table has more than {MOST_ROWS:,} of {_MOST_COLUMNS}")
    if not 0 <= unpacked <= _MOST_UNPACKED_BYTES:
        raise ImportRefused(f"unpacked, the file takes {unpacked:,} bytes; at most {_MOST_UNPACKED_BYTES:,} are read")


def _head(table: "pyarrow.Table") -> dict[str, Any]:
    told = {name.decode(): value for name, value in (table.schema.metadata or {}).items()}
    head = {name: _json(told[name]) for name in ("unit", "device", "conditions", "provenance") if name in told}
    return head | ({"table_source": _json(told["source"])} if "source" in told else {})


def _json(value: bytes) -> Any:
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value.decode()


def _rows(table: "pyarrow.Table") -> Iterator[flat_rows.NumberedCells]:
    names = [name for name in table.column_names if name in ENTRY_COLUMNS or name.startswith(("latency", "ci_"))]
    columns = [table.column(name).to_pylist() for name in names]
    for number, cells in enumerate(zip(*columns, strict=True), start=1):
        yield number, dict(zip(names, cells, strict=True))
