"""A small snapshot as JSON, for all writers."""

from typing import Any

import orjson

NO_INTERVAL = "v1-b"


def content(latency_ms: float = 1.5, source: str | None = None) -> bytes:
    """Return a snapshot of two ops and a network; the second op has no interval."""
    return orjson.dumps(
        {
            "snapshot_id": "5" * 32,
            "table_id": "7" * 16,
            "device": "board",
            "device_state": "0" * 16,
            "conditions": {"runtime": "onnxruntime", "threads": 1},
            "protocol_version": 2,
            "provenance": "imported" if source else "measured",
            "source": source,
            "ops": [_entry("v1-a", latency_ms, latency_ms), _entry(NO_INTERVAL, latency_ms, None)],
            "networks": [_entry("v1-network-c", latency_ms, latency_ms)],
        }
    )


def _entry(key: str, latency_ms: float, end_ms: float | None) -> dict[str, Any]:
    return {
        "workload": key,
        "latency_ms": latency_ms,
        "ci_low_ms": end_ms,
        "ci_high_ms": end_ms,
        "n": 30,
        "verdict": "ok",
        "source": "measured",
        "sessions": 2,
        "measured_at": "2030-01-01T00:00:00Z",
        "measurement_id": "m" if end_ms else None,
    }
