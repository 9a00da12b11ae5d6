"""Vetting: a sheet's rows held against each other, against other devices' entries, and against the table they go to."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from sqlalchemy.orm import Session

from latency_service.contract.messages import Entry, ImportReport, RowRemark, SnapshotId
from latency_service.repositories import imports, workloads
from latency_service.services.copies import Likeness, likeness
from latency_service.services.entries import current_entries
from latency_service.services.sheets import Sheet, SheetRow
from latency_service.services.targets import Target

_by_line = attrgetter("line")


@dataclass
class Vetted:
    """What is to become of each row. `new`, `replaced` and `unchanged` are the good ones, one a workload."""

    new: list[SheetRow] = field(default_factory=list)
    replaced: list[SheetRow] = field(default_factory=list)
    unchanged: list[SheetRow] = field(default_factory=list)
    refused: list[RowRemark] = field(default_factory=list)
    notes: list[RowRemark] = field(default_factory=list)

    @property
    def has_good_rows(self) -> bool:
        """Whether anything is left to import."""
        return bool(self.new or self.replaced or self.unchanged)

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
            refused=tuple(self.refused),
            notes=tuple(self.notes),
        )


def vet(session: Session, sheet: Sheet, target: Target) -> Vetted:
    """Say what an import of the sheet would do; nothing is written."""
    vetted = Vetted(refused=[*sheet.refused], notes=[*sheet.notes])
    rows = _one_a_workload(sheet.rows, vetted)
    rows = _of_known_networks(session, rows, vetted)
    rows = _originals(session, rows, target.device, vetted)
    _compare_with_table(session, rows, target, vetted)
    vetted.refused.sort(key=_by_line)
    vetted.notes.sort(key=_by_line)
    return vetted


def _one_a_workload(rows: Iterable[SheetRow], vetted: Vetted) -> list[SheetRow]:
    """Return the first row of each workload whose rows all say the same."""
    rows_of: dict[str, list[SheetRow]] = defaultdict(list)
    for row in rows:
        rows_of[row.entry.workload].append(row)
    taken = []
    for first, *repeated in rows_of.values():
        if all(row.entry == first.entry for row in repeated):
            taken.append(first)
            vetted.notes += [row.remark(f"line {first.line} says the same") for row in repeated]
        else:
            lines = ", ".join(str(row.line) for row in (first, *repeated[:4]))
            text = f"the file has different values for it, in lines {lines}"
            vetted.refused += [row.remark(text) for row in (first, *repeated)]
    return taken


def _of_known_networks(session: Session, rows: list[SheetRow], vetted: Vetted) -> list[SheetRow]:
    known = workloads.find(session, [row.entry.workload for row in rows if row.workload is None])
    text = "a network's key does not tell its ops; ask for the network once (POST /v1/profiles)"
    taken = []
    for row in rows:
        if row.workload is None and row.entry.workload not in known:
            vetted.refused.append(row.remark(text))
        else:
            taken.append(row)
    return taken


def _originals(session: Session, rows: list[SheetRow], device: str, vetted: Vetted) -> list[SheetRow]:
    twins = _twins(session, rows, device)
    originals = []
    for row in rows:
        found, twin = twins.get(row.entry.workload, (None, ""))
        latency = f"{row.entry.latency_ms!r} ms"
        if found == "copied":
            vetted.refused.append(row.remark(f"it is {twin}'s to the last digit: {latency}"))
            continue
        if found == "alike":
            vetted.notes.append(row.remark(f"{twin} has the same value, of few digits: {latency}"))
        originals.append(row)
    return originals


def _twins(session: Session, rows: Iterable[SheetRow], device: str) -> dict[str, tuple[Likeness, str]]:
    """Return by workload which other device has the very same value, and what that makes of the row."""
    twins: dict[str, tuple[Likeness, str]] = {}
    entries: dict[str, Entry] = {row.entry.workload: row.entry for row in rows}
    for key, name, document in imports.of_other_devices(session, device, entries):
        found = likeness(entries[key], document)
        if found == "copied" or (found and key not in twins):
            twins[key] = found, name
    return twins


def _compare_with_table(session: Session, rows: list[SheetRow], target: Target, vetted: Vetted) -> None:
    held = current_entries(session, target.table_id, [row.entry.workload for row in rows])
    for row in rows:
        before = held.get(row.entry.workload)
        if before is None:
            vetted.new.append(row)
        elif before == row.entry:
            vetted.unchanged.append(row)
        elif target.replace:
            vetted.replaced.append(row)
        else:
            text = f"the table has {before.latency_ms:g} ms for it; --replace takes the new value"
            vetted.refused.append(row.remark(text))
