"""Filled databases: a device with a table of many ops, and as many measurements besides as a busy year makes.

The first table is measured through the service's own rules; further measurements are copied within the database, with
ids of their own and without raw samples (these have a table of their own, which no read here looks at).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice, product
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, String, cast, func, insert, literal, select, text
from sqlalchemy.orm import Session

from latency_service.contract.keys import format_key
from latency_service.contract.measurement import PROTOCOL_VERSION
from latency_service.contract.messages import SnapshotId, TableId
from latency_service.contract.ops import MBConv, OpSpec
from latency_service.contract.summary import summarize
from latency_service.database import Database
from latency_service.engines import is_sqlite
from latency_service.repositories import conditions, devices, latency_tables, workloads
from latency_service.services import entries, registration, snapshots
from latency_service.settings import Settings
from latency_service.tables import Base, Device, Entry, Measurement
from tests.service_data import CONDITIONS
from tests.service_data import registration as registered

NOW = datetime(2030, 1, 1, tzinfo=UTC)
_OTHER_DEVICES = tuple(f"other-{number}" for number in range(9))


@dataclass(frozen=True)
class Filled:
    """A device and its table.

    Attributes:
        keys: Of the table's ops.
    """

    device: str
    table_id: TableId
    snapshot_id: SnapshotId
    keys: tuple[str, ...]


def many_ops(count: int) -> dict[str, OpSpec]:
    """Return that many different MBConvs, by key."""
    sizes, channels, kernels, ratios = (112, 56, 28, 14, 7), range(8, 1000, 8), (3, 5, 7), (1, 2, 3, 4, 5, 6)
    specs = product(channels, (8, 16, 24), sizes, kernels, ratios)
    return {format_key(op): op for op in islice(map(_mbconv, specs), count)}


def fill_table(database: Database, count: int) -> Filled:
    """Register a device, store one measurement for each of so many ops, and cut the snapshot."""
    return database.write(lambda session: _fill_table(session, many_ops(count)))


def add_measurements(database: Database, filled: Filled, total: int) -> None:
    """Add measurements until there are `total`: more of the same table, and of nine more devices' tables."""
    with database.writing() as session:
        others = [_copy_table(session, filled, name) for name in _OTHER_DEVICES]
        for target in islice(cycle((*others, filled.table_id)), total // len(filled.keys) - 1):
            _copy_measurements(session, filled.table_id, target)
    # Its housekeeping is done now, or it would be done while something is measured.
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in ("ANALYZE",) if is_sqlite(database.engine) else ("VACUUM ANALYZE", "CHECKPOINT"):
            connection.execute(text(statement))


def _mbconv(numbers: tuple[int, int, int, int, int]) -> OpSpec:
    in_channels, out_channels, size, kernel_size, expand_ratio = numbers
    return MBConv(
        input_height=size,
        input_width=size,
        in_channels=in_channels,
        out_channels=out_channels,
        kernel_size=kernel_size,
        expand_ratio=expand_ratio,
        has_skip=False,
    )


def _fill_table(session: Session, ops: dict[str, OpSpec]) -> Filled:
    device = register(session, "benched")
    table_id = _ensure_table(session, device)
    workloads.ensure(session, ops)
    rows = [_measurement(key, number, table_id) for number, key in enumerate(ops)]
    session.execute(insert(Measurement), rows)
    entries.absorb(session, table_id, session.scalars(select(Measurement)).all())
    return Filled(device.name, table_id, snapshots.cut(session, table_id, NOW), tuple(ops))


def register(session: Session, name: str) -> Device:
    """Register a device."""
    registration.register(session, registered(name), Settings(), NOW)
    return devices.get(session, name)


def _ensure_table(session: Session, device: Device) -> TableId:
    state = devices.present_state(session, device)
    return latency_tables.ensure(session, state, conditions.ensure(session, CONDITIONS), PROTOCOL_VERSION, NOW)


def _measurement(key: str, number: int, table_id: TableId) -> dict[str, Any]:
    median_ms = 0.05 + number * 1.2345678e-4
    samples = [median_ms * (1 + 0.001 * (index % 11 - 5)) for index in range(50)]
    return {
        "id": str(uuid4()),
        "body_hash": f"{number:064x}",
        "table_id": table_id,
        "workload_key": key,
        "attempt": 1,
        "leased": True,
        "verdict": "ok",
        "reasons": [],
        "summary": summarize(samples).model_dump(),
        "started_at": NOW + timedelta(seconds=number),
        "finished_at": NOW + timedelta(seconds=number + 1),
        "received_at": NOW + timedelta(seconds=number + 2),
    }


def _copy_table(session: Session, filled: Filled, name: str) -> TableId:
    """Make another device's table with the same entries."""
    table_id = _ensure_table(session, register(session, name))
    _copy(session, Entry, {"table_id": literal(table_id)}, Entry.table_id == filled.table_id)
    return table_id


def _copy_measurements(session: Session, source: TableId, target: TableId) -> None:
    """Copy the first attempts that `fill_table` made, as second ones of another table or of the same."""
    changed = {"id": new_id(session), "table_id": literal(target), "attempt": literal(2)}
    _copy(session, Measurement, changed, (Measurement.table_id == source) & (Measurement.attempt == 1))


def _copy(session: Session, table: type[Base], changed: dict[str, Any], which: ColumnElement[bool]) -> None:
    columns = {column.name: column for column in table.__table__.columns if column.name != "sequence"} | changed
    values: list[Any] = list(columns.values())
    session.execute(insert(table).from_select(list(columns), select(*values).where(which)))


def new_id(session: Session) -> ColumnElement[str]:
    """Return what makes a new id of 32 hex digits for each row of a statement."""
    if is_sqlite(session.connection()):
        return func.lower(func.hex(func.randomblob(16)))
    return func.replace(cast(func.gen_random_uuid(), String), "-", "")
