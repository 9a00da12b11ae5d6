"""What a table says: entries, snapshots, single latencies, and the measurements behind them."""

from typing import Literal, NewType

from pydantic import AwareDatetime, Field

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import DeviceName, Fingerprint
from latency_service.contract.measurement import Measurement, Verdict
from latency_service.contract.messages.base import Key, Message, SnapshotId, TableId
from latency_service.contract.summary import Summary

MeasurementId = NewType("MeasurementId", str)
Provenance = Literal["measured", "imported"]


class Table(Message):
    """A latency table: what one device in one state says under some conditions.

    Attributes:
        source: Where an imported table came from.
    """

    table_id: TableId
    device: DeviceName
    device_state: Fingerprint
    is_current_state: bool
    conditions: Conditions
    protocol_version: int
    entries: int
    latest_snapshot_id: SnapshotId | None
    provenance: Provenance = "measured"
    source: str | None = None


class TableList(Message):
    """The tables that match a query; those of the devices' present state first."""

    tables: tuple[Table, ...]


class Entry(Message):
    """The current value of one workload in a table.

    Attributes:
        ci_low_ms: Lower end of the median's interval; absent where an imported source tells no spread. So is the upper.
        n: How many samples stand behind it; 0 where an imported source does not tell.
        source: `measured`, `imported`, or `definition` for Zero, which costs nothing.
        sessions: How many measurements it combines.
        measurement_id: The latest of them.
    """

    workload: Key
    latency_ms: float = Field(ge=0)
    ci_low_ms: float | None = Field(ge=0)
    ci_high_ms: float | None = Field(ge=0)
    n: int
    verdict: Verdict
    source: Literal["measured", "imported", "definition"] = "measured"
    sessions: int = 1
    measured_at: AwareDatetime | None
    measurement_id: MeasurementId | None


class Snapshot(Message):
    """An immutable cut of a table. Its id is the hash of all its other members, and its ETag."""

    snapshot_id: SnapshotId
    table_id: TableId
    device: DeviceName
    device_state: Fingerprint
    conditions: Conditions
    protocol_version: int
    provenance: Provenance = "measured"
    source: str | None = None
    ops: tuple[Entry, ...]
    networks: tuple[Entry, ...]


class LookupRequest(Message):
    """Ask for the latencies of ops (or of networks, by their keys)."""

    ops: tuple[Key, ...] = Field(min_length=1, max_length=20_000)


class LookupAnswer(Message):
    """Every latency that was asked for, in the order asked."""

    table_id: TableId
    entries: tuple[Entry, ...]


class LatencyAnswer(Message):
    """One entry, with the table it came from."""

    table: Table
    entry: Entry


class MeasurementRow(Message):
    """One stored measurement.

    Attributes:
        measurement: All of it with its raw samples; null where they were not asked for, or are kept no longer.
    """

    measurement_id: MeasurementId
    sequence: int
    table_id: TableId
    workload: Key
    attempt: int
    leased: bool
    summary: Summary
    verdict: Verdict
    reasons: tuple[str, ...]
    started_at: AwareDatetime
    finished_at: AwareDatetime
    received_at: AwareDatetime
    measurement: Measurement | None = None


class MeasurementPage(Message):
    """A page of measurements, oldest first; hand `next_after` back as `after` to get the next page."""

    measurements: tuple[MeasurementRow, ...]
    next_after: int | None
