"""Importing: a sheet becomes a table of its own, or a part of one, in one transaction; or nothing of it does."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from latency_service.contract.errors import Conflict, ImportRefused
from latency_service.contract.messages import Entry, ImportReport, RowRemark, SnapshotId, TableId
from latency_service.repositories import conditions, entries, imports, latency_tables, workloads
from latency_service.services import copies, snapshots
from latency_service.services.entries import current_entries, encode
from latency_service.services.sheets import Sheet, SheetRow
from latency_service.services.targets import Target


@dataclass(frozen=True)
class Judged:
    """A sheet, held against itself and the database. `new`, `replaced` and `unchanged` are its good rows."""

    new: tuple[SheetRow, ...]
    replaced: tuple[SheetRow, ...]
    unchanged: tuple[SheetRow, ...]
    refused: tuple[RowRemark, ...]
    notes: tuple[RowRemark, ...]

    def report(self, target: Target, snapshot_id: SnapshotId | None = None) -> ImportReport:
        """Return what is to be told of it."""
        return ImportReport(
            device=target.device,
            conditions=target.conditions,
            source=target.source,
            table_id=target.table_id,
            snapshot_id=snapshot_id,
            new=len(self.new),
            replaced=len(self.replaced),
            unchanged=len(self.unchanged),
            refused=self.refused,
            notes=self.notes,
        )


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
    judged = judge(session, sheet, target)
    _check_is_wanted(judged, target)
    taken = (*judged.new, *judged.replaced)
    workloads.ensure(session, {row.entry.workload: row.workload for row in taken if row.workload is not None})
    entries.put(session, [_stored(table_id, row.entry) for row in taken])
    count = len(taken) + len(judged.unchanged)
    file = target.file
    imports.add(session, table_id, file.format, file.name, file.hash, count, now)
    return judged.report(target, snapshots.cut(session, table_id, now))


def judge(session: Session, sheet: Sheet, target: Target) -> Judged:
    """Say what an import of the sheet would do; nothing is written."""
    judge = _Judge(session, sheet, target)
    good = list(judge.good_rows())
    held = current_entries(session, target.table_id, [row.entry.workload for row in good])
    new, replaced, unchanged = [], [], []
    for row in good:
        before = held.get(row.entry.workload)
        if before is None:
            new.append(row)
        elif before == row.entry:
            unchanged.append(row)
        elif target.replace:
            replaced.append(row)
        else:
            judge.refuse(row, f"the table has {before.latency_ms:g} ms for it; --replace takes the new value")
    refused = tuple(sorted((*sheet.refused, *judge.refused), key=lambda each: each.line))
    return Judged(tuple(new), tuple(replaced), tuple(unchanged), refused, (*sheet.notes, *judge.notes))


class _Judge:
    """Holds a sheet's rows against each other and against other devices' entries."""

    def __init__(self, session: Session, sheet: Sheet, target: Target) -> None:
        self.refused: list[RowRemark] = []
        self.notes: list[RowRemark] = []
        self._rows: dict[str, list[SheetRow]] = defaultdict(list)
        for row in sheet.rows:
            self._rows[row.entry.workload].append(row)
        self._others = imports.of_other_devices(session, target.device, self._rows)
        nameless = [row.entry.workload for row in sheet.rows if row.workload is None]
        self._known = workloads.find(session, nameless)

    def good_rows(self) -> Iterator[SheetRow]:
        """Yield one row of each workload that has a good one; refuse the others."""
        for rows in self._rows.values():
            row = self._only_one(rows)
            if row is not None and self._is_known(row) and self._is_original(row):
                yield row

    def refuse(self, row: SheetRow, reason: str) -> None:
        """Refuse a row."""
        self.refused.append(row.remark(reason))

    def _only_one(self, rows: list[SheetRow]) -> SheetRow | None:
        first, *repeated = rows
        if all(row.entry == first.entry for row in repeated):
            self.notes += [row.remark(f"line {first.line} says the same") for row in repeated]
            return first
        lines = ", ".join(str(row.line) for row in rows[:5])
        for row in rows:
            self.refuse(row, f"the file has different values for it, in lines {lines}")
        return None

    def _is_known(self, row: SheetRow) -> bool:
        if row.workload is not None or row.entry.workload in self._known:
            return True
        self.refuse(row, "a network's key does not tell its ops; ask for the network once (POST /v1/profiles)")
        return False

    def _is_original(self, row: SheetRow) -> bool:
        twin = copies.twin_of(row.entry, self._others.get(row.entry.workload, ()))
        if twin is None:
            return True
        if copies.is_telling(row.entry):
            self.refuse(row, f"it is {twin}'s to the last digit: {row.entry.latency_ms!r} ms")
            return False
        self.notes.append(row.remark(f"{twin} has the same value, of few digits: {row.entry.latency_ms!r} ms"))
        return True


def _check_is_imported(session: Session, table_id: TableId) -> None:
    if latency_tables.get(session, table_id)[0].provenance != "imported":
        raise Conflict(f"table {table_id} holds measurements, and imported values are never mixed with those")


def _check_is_wanted(judged: Judged, target: Target) -> None:
    rows = [row.model_dump() for row in judged.refused]
    if rows and not target.skip_refused:
        raise ImportRefused(f"{len(rows)} rows are refused, and nothing was imported", rows=rows)
    if not (judged.new or judged.replaced or judged.unchanged):
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
