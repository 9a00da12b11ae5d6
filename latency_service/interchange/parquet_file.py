"""Parquet: reading entries and the table's head from the schema's metadata; arrow_table.py writes them.

A few bytes can stand for gigabytes of equal values. So what a file would take once it is unpacked is looked at before
anything is, texts stay numbers into their dictionary, and columns of lists are not read.
"""

import io
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import orjson

from latency_service.contract.errors import ImportRefused
from latency_service.interchange import flat_rows
from latency_service.interchange.cells import shown
from latency_service.interchange.reading import Reading
from latency_service.services.sheets import MOST_ROWS, Sheet

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

_MOST_UNPACKED_BYTES = 256 * 2**20
_MOST_COLUMNS = 50
_LONGEST_HEADER = 2**20
_TEXT = "BYTE_ARRAY"
_KINDS = ("BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", _TEXT)


def read(content: bytes, reading: Reading) -> Sheet:
    """Return the rows of a Parquet file; their lines are the rows' numbers.

    Raises:
        ImportRefused: It is no Parquet file, or one that is too large unpacked.
    """
    import pyarrow

    try:
        file = _open(content)
        names = file.schema_arrow.names
        return flat_rows.read(_rows(file), names, _head(file.schema_arrow), reading.unit)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, KeyError) as error:
        raise ImportRefused(f"the file is no Parquet file: {' '.join(str(error).split())[:300]}") from None


def _open(content: bytes) -> "pyarrow.parquet.ParquetFile":
    import pyarrow.parquet

    limits = {"thrift_string_size_limit": _LONGEST_HEADER, "thrift_container_size_limit": _LONGEST_HEADER}
    metadata = pyarrow.parquet.ParquetFile(io.BytesIO(content), **limits).metadata
    _check_size(metadata)
    columns = [metadata.schema.column(number) for number in range(metadata.num_columns)]
    for column in columns:
        _check_kind(column)
    texts = [column.name for column in columns if column.physical_type == _TEXT]
    return pyarrow.parquet.ParquetFile(io.BytesIO(content), read_dictionary=texts, **limits)


def _check_kind(column: "pyarrow.parquet.ColumnSchema") -> None:
    if not flat_rows.is_entry_column(column.path.split(".")[0]):
        return  # is not read
    if column.path != column.name or column.max_repetition_level or column.physical_type not in _KINDS:
        raise ImportRefused(f"the file's column {shown(column.path)} holds neither numbers nor texts")


def _check_size(metadata: "pyarrow.parquet.FileMetaData") -> None:
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    values = [sum(group.column(number).num_values for group in groups) for number in range(metadata.num_columns)]
    if not 0 <= max(values, default=0) <= MOST_ROWS or metadata.num_columns > _MOST_COLUMNS:
        told = f"{max(values):,} rows of {metadata.num_columns:,} columns"
        raise ImportRefused(f"the file has {told}; no table has more than {MOST_ROWS:,} of {_MOST_COLUMNS}")
    unpacked = sum(group.total_byte_size for group in groups)
    if not 0 <= unpacked <= _MOST_UNPACKED_BYTES:
        raise ImportRefused(f"unpacked, the file takes {unpacked:,} bytes; at most {_MOST_UNPACKED_BYTES:,} are read")


def _head(schema: "pyarrow.Schema") -> dict[str, Any]:
    told = {name.decode(): value for name, value in (schema.metadata or {}).items()}
    head = {name: _json(told[name]) for name in ("unit", "device", "conditions", "provenance") if name in told}
    return head | ({"table_source": _json(told["source"])} if "source" in told else {})


def _json(value: bytes) -> Any:
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value.decode()


def _rows(file: "pyarrow.parquet.ParquetFile") -> Iterator[flat_rows.NumberedCells]:
    names = [name for name in file.schema_arrow.names if flat_rows.is_entry_column(name)]
    lines = count(1)
    for batch in file.iter_batches(columns=names, use_threads=False):
        columns = [_cells(batch.column(name)) for name in names]
        for cells in zip(*columns, strict=True):
            yield next(lines), dict(zip(names, cells, strict=True))


def _cells(column: "pyarrow.Array") -> list[Any]:
    import pyarrow

    if not isinstance(column, pyarrow.DictionaryArray):
        cells: list[Any] = column.to_pylist()
        return cells
    texts = column.dictionary.to_pylist()  # each is there once, however many rows have it
    return [None if number is None else texts[number] for number in column.indices.to_pylist()]
