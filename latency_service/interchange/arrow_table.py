"""Arrow: a snapshot as an Arrow table, and that as a stream or a Parquet file.

The snapshot's head is the schema's metadata. PyArrow is imported only when such a file is asked for.
"""

import io
from typing import TYPE_CHECKING, Any

import orjson

from latency_service.interchange.columns import ENTRY_COLUMNS, head_and_rows

if TYPE_CHECKING:
    import pyarrow

_TYPES = {
    "latency_ms": "float64",
    "ci_low_ms": "float64",
    "ci_high_ms": "float64",
    "isolated_ms": "float64",
    "n": "int64",
    "sessions": "int64",
}


def write_stream(content: bytes) -> bytes:
    """Return a snapshot, given its JSON, as an Arrow IPC stream."""
    import pyarrow

    table = _table(content)
    sink = io.BytesIO()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def write_parquet(content: bytes) -> bytes:
    """Return a snapshot, given its JSON, as a Parquet file, compressed with zstd."""
    import pyarrow.parquet

    sink = io.BytesIO()
    pyarrow.parquet.write_table(_table(content), sink, compression="zstd")
    return sink.getvalue()


def _table(content: bytes) -> "pyarrow.Table":
    import pyarrow

    head, rows = head_and_rows(content)
    metadata = {
        name: orjson.dumps(value, option=orjson.OPT_SORT_KEYS) for name, value in (head | {"unit": "ms"}).items()
    }
    fields = [pyarrow.field(name, pyarrow.type_for_alias(_TYPES.get(name, "string"))) for name in ENTRY_COLUMNS]
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in ENTRY_COLUMNS}
    return pyarrow.table(columns, schema=pyarrow.schema(fields, metadata=metadata))
