"""Snapshots made up for tests of what is done with their JSON."""

from typing import Any

from latency_service.contract.messages import Entry
from latency_service.contract.network import WorkloadKey
from latency_service.services.entries import encode as encode_entry
from latency_service.services.snapshots import encode
from tests.service_data import CONDITIONS, DEVICE, START

HEAD = {
    "table_id": "0123456789abcdef",
    "device": DEVICE,
    "device_state": "fedcba9876543210",
    "conditions": CONDITIONS.model_dump(),
    "protocol_version": 0,
    "provenance": "imported",
    "source": "a paper, 2019",
}


def entry(key: str = "v1-identity-8x8x4", **members: Any) -> Entry:
    """Return an imported entry."""
    told = {"latency_ms": 1.5, "ci_low_ms": 1.4, "ci_high_ms": 1.6, "n": 7, "verdict": "ok", "measured_at": START}
    told |= {"workload": WorkloadKey(key), "source": "imported", "measurement_id": None}
    return Entry.model_validate(told | members)


def snapshot_json(entries: list[Entry], **head: Any) -> bytes:
    """Return a snapshot of the entries as canonical JSON."""
    documents = {str(each.workload): encode_entry(each.model_dump(mode="json")) for each in entries}
    return encode(HEAD | head, documents)[1]
