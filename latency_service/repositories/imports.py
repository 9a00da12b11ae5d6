"""Imports: which files became tables, and what other devices' entries say."""

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from latency_service.repositories.bulk import chunks
from latency_service.tables import Device, DeviceState, Entry, Import, LatencyTable

_FETCHED_AT_ONCE = 5000


def add(
    session: Session, table_id: str, file_format: str, file_name: str, file_hash: str, entries: int, now: datetime
) -> None:
    """Note that a file was imported, unless that very file was before."""
    same = select(Import.id).where(Import.table_id == table_id, Import.file_hash == file_hash)
    if session.scalar(same.limit(1)) is None:
        row = {"table_id": table_id, "format": file_format, "file_name": file_name[-255:], "file_hash": file_hash}
        session.add(Import(id=uuid4().hex, entries=entries, imported_at=now, **row))
        session.flush()


def of_other_devices(session: Session, device: str, keys: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Yield every other device's entries of the workloads: key, the device's name, the entry as JSON.

    A fleet has many: they are fetched a few at a time.
    """
    query = (
        select(Entry.workload_key, Device.name, Entry.document)
        .join(LatencyTable, LatencyTable.id == Entry.table_id)
        .join(DeviceState, DeviceState.id == LatencyTable.state_id)
        .join(Device, Device.id == DeviceState.device_id)
        .where(Device.name != device)
        .execution_options(yield_per=_FETCHED_AT_ONCE)
    )
    for chunk in chunks(keys):
        yield from session.execute(query.where(Entry.workload_key.in_(chunk)))
