"""What a table says: entries, snapshots, single latencies, and the measurements behind them."""

from typing import Any, Literal, NewType

from pydantic import AwareDatetime, Field, SerializerFunctionWrapHandler, model_serializer

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import DeviceName, Fingerprint
from latency_service.contract.measurement import Measurement, Verdict
from latency_service.contract.messages.base import Key, Message, SnapshotId, TableId
from latency_service.contract.messages.corrections import Correction
from latency_service.contract.messages.transfers import TransferNote
from latency_service.contract.summary import Summary

MeasurementId = NewType("MeasurementId", str)
Provenance = Literal["measured", "imported"]
Placement = Literal["isolated", "in_context"]


class Table(Message):
    """A latency table: what one device in one state says under some conditions.

    Attributes:
        predicted: How many ops of the latest snapshot were not measured, but predicted for a quick profile.
        source: Where an imported table came from.
    """

    table_id: TableId
    device: DeviceName
    device_state: Fingerprint
    is_current_state: bool
    conditions: Conditions
    protocol_version: int
    entries: int
    predicted: int = 0
    latest_snapshot_id: SnapshotId | None
    provenance: Provenance = "measured"
    source: str | None = None


class TableList(Message):
    """The tables that match a query; those of the devices' present state first."""

    tables: tuple[Table, ...]


class Entry(Message):
    """The current value of one workload in a table.

    Attributes:
        latency_ms: In the placement that is named; so are interval and `n`.
        ci_low_ms: Lower end of the median's interval; absent where an imported source tells no spread. So is the upper.
        n: How many samples stand behind it; 0 where an imported source does not tell.
        source: `measured`, `imported`, or `definition` for Zero, which costs nothing. `predicted`, only where the
            request allows it: by the table's latency model, or from other devices' tables where a profile was quick;
            the interval then holds the latency at 90 %, and `n` is 0.
        placement: `in_context`: what the op adds to its feeder's time. `isolated`: what it takes alone, for networks,
            for ops without a feeder, and for those whose difference drowned in noise.
        isolated_ms: What an op in context takes alone; absent where `placement` is `isolated`.
        sessions: How many measurements it combines.
        measurement_id: The latest of them.
    """

    workload: Key
    latency_ms: float = Field(ge=0)
    ci_low_ms: float | None = Field(ge=0)
    ci_high_ms: float | None = Field(ge=0)
    n: int
    verdict: Verdict
    source: Literal["measured", "imported", "definition", "predicted"] = "measured"
    placement: Placement = "isolated"
    isolated_ms: float | None = Field(default=None, ge=0)
    sessions: int = 1
    measured_at: AwareDatetime | None
    measurement_id: MeasurementId | None


class Snapshot(Message):
    """An immutable cut of a table. Its id is the hash of all its other members, and its ETag.

    Attributes:
        correction: Fitted to the anchors; null where there are none, and the table promises nothing of networks.
        transfer: What the `predicted` entries rest on, which a quick profile asked for; null where there are none.
    """

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
    correction: Correction | None = None
    transfer: TransferNote | None = None


class LookupRequest(Message):
    """Ask for the latencies of ops (or of networks, by their keys).

    Attributes:
        allow_predicted: Ops that the table lacks may be answered from its latency model, marked as `predicted`.
    """

    ops: tuple[Key, ...] = Field(min_length=1, max_length=20_000)
    allow_predicted: bool = False

    @model_serializer(mode="wrap")
    def _without_what_is_not_asked(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not asked for: former services refuse it, and a shorter body is answered from memory."""
        members: dict[str, Any] = serialize(self)
        return members if self.allow_predicted else {"ops": members["ops"]}


class LookupAnswer(Message):
    """Every latency that was asked for, in the order asked."""

    table_id: TableId
    entries: tuple[Entry, ...]


class LatencyAnswer(Message):
    """One entry, with the table it came from."""

    table: Table
    entry: Entry


class ContextSummary(Message):
    """What an op adds to its feeder's time; see the contract's InContext.

    Attributes:
        n: How many samples of feeder and op stand behind it.
        reasons: Why the isolated timing stands instead; empty where this one does.
    """

    feeder: Key
    latency_ms: float
    ci_low_ms: float
    ci_high_ms: float
    n: int
    reasons: tuple[str, ...]


class MeasurementRow(Message):
    """One stored measurement.

    Attributes:
        in_context: Absent for networks, and for ops that have no feeder.
        measurement: All of it with its raw samples; null where they were not asked for, or are kept no longer.
    """

    measurement_id: MeasurementId
    sequence: int
    table_id: TableId
    workload: Key
    attempt: int
    leased: bool
    summary: Summary
    in_context: ContextSummary | None = None
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
