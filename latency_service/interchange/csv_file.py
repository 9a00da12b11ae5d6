"""CSV: a header, then one row an entry; the snapshot's head stands in each row, behind the entry's own columns.

`unit` says what the latencies are in. A cell is empty where there is no value. The head's `source` is `table_source`.
"""

import csv
import io
from typing import Any

import orjson

from latency_service.interchange.columns import ENTRY_COLUMNS, head_and_rows

HEAD_COLUMNS = (
    "unit",
    "device",
    "device_state",
    "conditions",
    "protocol_version",
    "provenance",
    "table_source",
    "table_id",
    "snapshot_id",
)


def write(content: bytes) -> bytes:
    """Return a snapshot, given its JSON, as CSV (RFC 4180, UTF-8)."""
    head, rows = head_and_rows(content)
    conditions = orjson.dumps(head["conditions"], option=orjson.OPT_SORT_KEYS).decode()
    told = head | {"unit": "ms", "table_source": head["source"], "conditions": conditions}
    shared = [_cell(told[name]) for name in HEAD_COLUMNS]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow((*ENTRY_COLUMNS, *HEAD_COLUMNS))
    writer.writerows([*(_cell(row[name]) for name in ENTRY_COLUMNS), *shared] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    return "" if value is None else value
