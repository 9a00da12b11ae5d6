"""Importing: a sheet becomes a table of its own, or a part of one, in one transaction; or nothing of it does."""

from datetime import datetime

from sqlalchemy.orm import Session

from latency_service.contract.errors import Conflict, ImportRefused
from latency_service.contract.messages import Entry, ImportReport, TableId
from latency_service.repositories import conditions, entries, imports, latency_tables, workloads
from latency_service.services import snapshots
from latency_service.services.entries import encode
from latency_service.services.sheets import Sheet
from latency_service.services.targets import Target
from latency_service.services.vetting import Vetted, vet


def import_sheet(session: Session, sheet: Sheet, target: Target, now: datetime) -> ImportReport:
    """Store a sheet's rows as entries of its table, and cut a snapshot. The same sheet again changes nothing.

    Raises:
        ImportRefused: Rows are refused and not to be skipped, or none is left.
        Conflict: The table is a measured one.
    """
    row_id = conditions.ensure(session, target.conditions)
    table_id = latency_tables.ensure_imported(session, target.device, target.source, row_id, now)
    _check_is_imported(session, table_id)
    entries.lock(session, table_id)
    vetted = vet(session, sheet, target)
    _check_is_wanted(vetted, target)
    taken = (*vetted.new, *vetted.replaced)
    workloads.ensure(session, {row.entry.workload: row.workload for row in taken if row.workload is not None})
    entries.put(session, [_stored(table_id, row.entry) for row in taken])
    count = len(taken) + len(vetted.unchanged)
    file = target.file
    imports.add(session, table_id, file.format, file.name, file.hash, count, now)
    return vetted.report(target, snapshots.cut(session, table_id, now))


def _check_is_imported(session: Session, table_id: TableId) -> None:
    if latency_tables.get(session, table_id)[0].provenance != "imported":
        raise Conflict(f"table {table_id} holds measurements, and imported values are never mixed with those")


def _check_is_wanted(vetted: Vetted, target: Target) -> None:
    rows = [row.model_dump() for row in vetted.refused]
    if rows and not target.skip_refused:
        raise ImportRefused(
            f"refused rows: {len(rows)}, so nothing was imported (--skip-refused takes the others)", rows=rows
        )
    if not vetted.has_good_rows:
        raise ImportRefused("the file has no row that can be an entry, and nothing was imported", rows=rows)


def _stored(table_id: TableId, entry: Entry) -> entries.Row:
    return {
        "table_id": table_id,
        "workload_key": entry.workload,
        "verdict": entry.verdict,
        "measured_at": entry.measured_at,
        "document": encode(entry.model_dump(mode="json")),
        "sessions": [],
    }
