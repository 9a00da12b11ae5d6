"""Latency tables: device state, conditions and protocol version, and which are there."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime

import orjson
from sqlalchemy import Row, Select, and_, case, func, select
from sqlalchemy.orm import Session

from latency_service.contract.device import DeviceState as DeviceStateFacts
from latency_service.contract.errors import TableNotFound
from latency_service.contract.measurement import PROTOCOL_VERSION
from latency_service.contract.messages import TableId
from latency_service.repositories import devices
from latency_service.repositories.bulk import chunks, insert_missing
from latency_service.tables import Conditions, Device, DeviceState, Entry, LatencyTable

#: Stands where a measuring protocol's version does, in tables that were imported and devices known from nothing else.
IMPORTED_PROTOCOL = 0

TableRow = Row[LatencyTable, Device, DeviceState, Conditions]


def table_id(device_name: str, fingerprint: str, conditions_id: str, protocol_version: int) -> TableId:
    """Return the id of such a table, be it there or not: 16 hex digits of a SHA-256."""
    content = orjson.dumps([device_name, fingerprint, conditions_id, protocol_version])
    return TableId(hashlib.sha256(content).hexdigest()[:16])


def present_id(device: Device, conditions_id: str) -> TableId:
    """Return the id of the table of the device's present state; of a device without an agent, of the imported one."""
    version = IMPORTED_PROTOCOL if has_no_agent(device) else PROTOCOL_VERSION
    return table_id(device.name, device.fingerprint, conditions_id, version)


def has_no_agent(device: Device) -> bool:
    """Say whether the device is known from imports alone: no agent has ever registered it."""
    return device.protocol_version == IMPORTED_PROTOCOL


def is_present(table: LatencyTable, device: Device, state: DeviceState) -> bool:
    """Say whether the table is of the device's present state, and of the protocol that counts."""
    is_of_protocol = table.protocol_version in (PROTOCOL_VERSION, IMPORTED_PROTOCOL)
    return state.fingerprint == device.fingerprint and is_of_protocol


def ensure(session: Session, state: DeviceState, conditions_id: str, protocol_version: int, now: datetime) -> TableId:
    """Return the table's id, after adding it where it is new."""
    device = session.get_one(Device, state.device_id)
    new_id = table_id(device.name, state.fingerprint, conditions_id, protocol_version)
    row = {"id": new_id, "state_id": state.id, "conditions_id": conditions_id}
    insert_missing(session, LatencyTable, [row | {"protocol_version": protocol_version, "created_at": now}])
    return new_id


def ensure_imported(session: Session, device: str, source: str, conditions_id: str, now: datetime) -> TableId:
    """Return the id of the table of a device that was imported from a source, after adding what is new of it.

    The table is of a state that no agent can register, as its facts are those of the source. A device that no agent
    has ever registered is in that state.
    """
    state = devices.ensure_imported(session, device, _imported_state(source), now)
    new_id = imported_id(device, source, conditions_id)
    row = {"id": new_id, "state_id": state.id, "conditions_id": conditions_id, "created_at": now}
    told = {"protocol_version": IMPORTED_PROTOCOL, "provenance": "imported", "source": source}
    insert_missing(session, LatencyTable, [row | told])
    return new_id


def imported_id(device: str, source: str, conditions_id: str) -> TableId:
    """Return the id of the table of a device that is imported from a source, be it there or not."""
    return table_id(device, _imported_state(source).fingerprint, conditions_id, IMPORTED_PROTOCOL)


def get(session: Session, wanted_id: str) -> TableRow:
    """Return a table.

    Raises:
        TableNotFound: No table has that id.
    """
    row = session.execute(_joined().where(LatencyTable.id == wanted_id)).one_or_none()
    if row is None:
        raise TableNotFound(f"no table has the id {wanted_id!r}; GET /v1/tables lists those there are")
    return row


def find(session: Session, device: str | None, **conditions: str | int | None) -> Sequence[TableRow]:
    """Return the tables that match; those of the devices' present states first, then the newest."""
    query = _joined() if device is None else _joined().where(Device.name == device)
    for name, value in conditions.items():
        if value is not None:
            query = query.where(getattr(Conditions, name) == value)
    return session.execute(query.order_by(*_PRESENT_FIRST)).all()


def find_by_id(session: Session, table_ids: Collection[str]) -> Sequence[TableRow]:
    """Return tables by their ids; those of the devices' present states first, then the newest."""
    return session.execute(_joined().where(LatencyTable.id.in_(table_ids)).order_by(*_PRESENT_FIRST)).all()


def count_entries(session: Session, table_ids: Collection[str]) -> dict[str, int]:
    """Return how many workloads each table has a value for."""
    counts: dict[str, int] = {}
    for chunk in chunks(table_ids):
        query = select(Entry.table_id, func.count()).where(Entry.table_id.in_(chunk)).group_by(Entry.table_id)
        counts.update(iter(session.execute(query)))
    return counts


_OF_PROTOCOL = LatencyTable.protocol_version.in_((PROTOCOL_VERSION, IMPORTED_PROTOCOL))
_IS_PRESENT = and_(DeviceState.fingerprint == Device.fingerprint, _OF_PROTOCOL)
_PRESENT_FIRST = (case((_IS_PRESENT, 0), else_=1), LatencyTable.created_at.desc(), LatencyTable.id)


def _imported_state(source: str) -> DeviceStateFacts:
    return DeviceStateFacts(facts={"provenance": "imported", "source": source})


def _joined() -> Select[LatencyTable, Device, DeviceState, Conditions]:
    return (
        select(LatencyTable, Device, DeviceState, Conditions)
        .join(DeviceState, DeviceState.id == LatencyTable.state_id)
        .join(Device, Device.id == DeviceState.device_id)
        .join(Conditions, Conditions.id == LatencyTable.conditions_id)
    )
