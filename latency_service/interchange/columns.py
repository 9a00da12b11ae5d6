"""Columns: a snapshot as a flat table, the shape that CSV, Parquet and Arrow share.

One row an entry, ops first, then networks, each sorted by key. What holds for the whole snapshot stands in every row of
a CSV file and in the schema's metadata of the others (`HEAD`, as JSON texts under the snapshot's member names). The
correction, and what predictions rest on, have no place in rows: CSV leaves them out.
"""

from typing import Any

import orjson

#: Of an entry, in this order; in a CSV file columns for the head come behind them.
ENTRY_COLUMNS = (
    "workload",
    "latency_ms",
    "ci_low_ms",
    "ci_high_ms",
    "n",
    "verdict",
    "source",
    "placement",
    "isolated_ms",
    "sessions",
    "measured_at",
    "measurement_id",
)
#: Members of a snapshot that are not entries.
HEAD = (
    "snapshot_id",
    "table_id",
    "device",
    "device_state",
    "conditions",
    "protocol_version",
    "provenance",
    "source",
    "correction",
    "transfer",
)
#: What came with later versions of the service; an older snapshot has them all the same.
_ENTRY_DEFAULTS: dict[str, Any] = {"sessions": 1, "placement": "isolated", "isolated_ms": None}
_HEAD_DEFAULTS: dict[str, Any] = {"provenance": "measured", "source": None, "correction": None, "transfer": None}


def head_and_rows(content: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a snapshot's members but for the entries, and its entries as rows, given its JSON."""
    snapshot = orjson.loads(content)
    rows = [_ENTRY_DEFAULTS | entry for entry in (*snapshot["ops"], *snapshot["networks"])]
    full = _HEAD_DEFAULTS | snapshot
    return {name: full[name] for name in HEAD}, rows
