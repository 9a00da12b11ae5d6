"""What was measured: latency tables, measurements, snapshots."""

from datetime import datetime
from typing import Any

import zstandard
from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from latency_service.tables.base import Base


class LatencyTable(Base):
    """A latency table: device state, conditions and protocol version. The id is a hash of them.

    `provenance` is `measured`, or `imported` from `source`; an imported table is never measured into.
    `latest_snapshot_id` refers to snapshots.id; a foreign key would close a circle with snapshots.table_id.
    """

    __tablename__ = "latency_tables"
    __table_args__ = (UniqueConstraint("state_id", "conditions_id", "protocol_version"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    state_id: Mapped[int] = mapped_column(ForeignKey("device_states.id"))
    conditions_id: Mapped[str] = mapped_column(ForeignKey("conditions.id"))
    protocol_version: Mapped[int]
    provenance: Mapped[str] = mapped_column(String(8), server_default="measured")
    source: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    latest_snapshot_id: Mapped[str | None] = mapped_column(String(32))


class Measurement(Base):
    """A measurement's summary. Never changed or deleted; the id is the agent's.

    `in_context` is the contract's ContextSummary, where an op was timed behind its feeder, too.
    """

    __tablename__ = "measurements"
    __table_args__ = (
        Index(None, "table_id", "workload_key", "sequence"),
        Index(None, "table_id", "sequence"),
        {"sqlite_autoincrement": True},
    )

    sequence: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    table_id: Mapped[str] = mapped_column(ForeignKey("latency_tables.id"))
    workload_key: Mapped[str] = mapped_column(ForeignKey("workloads.key"))
    attempt: Mapped[int]
    leased: Mapped[bool]
    verdict: Mapped[str] = mapped_column(String(8))
    reasons: Mapped[list[str]]
    summary: Mapped[dict[str, Any]]
    in_context: Mapped[dict[str, Any] | None]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    received_at: Mapped[datetime]


class MeasurementBody(Base):
    """All of a measurement as JSON text, raw samples included: apart, so that pages need not load it."""

    __tablename__ = "measurement_bodies"

    measurement_id: Mapped[str] = mapped_column(ForeignKey("measurements.id"), primary_key=True)
    body: Mapped[str] = mapped_column(Text)


class Entry(Base):
    """The current value of one workload in a table, as the policy of services/entries.py has it.

    `document` is the contract's Entry as canonical JSON; `sessions` holds the recent measurements that it came from.
    All of it follows from the measurements, unless the table is imported.
    """

    __tablename__ = "entries"
    __table_args__ = (Index(None, "workload_key"),)

    table_id: Mapped[str] = mapped_column(ForeignKey("latency_tables.id"), primary_key=True)
    workload_key: Mapped[str] = mapped_column(ForeignKey("workloads.key"), primary_key=True)
    verdict: Mapped[str] = mapped_column(String(8))
    measured_at: Mapped[datetime | None]
    document: Mapped[str] = mapped_column(Text)
    sessions: Mapped[list[dict[str, Any]]]


class Import(Base):
    """A file that became a table, or a part of one."""

    __tablename__ = "imports"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    table_id: Mapped[str] = mapped_column(ForeignKey("latency_tables.id"), index=True)
    format: Mapped[str] = mapped_column(String(32))
    file_name: Mapped[str] = mapped_column(String(255))
    file_hash: Mapped[str] = mapped_column(String(64))
    entries: Mapped[int]
    imported_at: Mapped[datetime]


class Snapshot(Base):
    """An immutable cut of a table: its canonical JSON, compressed as `encoding` says (`identity` or `zstd`).

    `predicted` says how many of its `entries` were not measured, but predicted for a quick profile.
    """

    __tablename__ = "snapshots"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    table_id: Mapped[str] = mapped_column(ForeignKey("latency_tables.id"), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    encoding: Mapped[str] = mapped_column(String(8), server_default="identity")
    entries: Mapped[int] = mapped_column(server_default="0")
    predicted: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime]

    @property
    def document(self) -> bytes:
        """The canonical JSON."""
        return zstandard.decompress(self.content) if self.encoding == "zstd" else self.content
