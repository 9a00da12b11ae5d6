"""Completing: entries of a table that quick profiles did not measure, predicted from tables of other devices.

They stand in snapshots alone, which a profile asked for; whoever looks an op up gets them only on request.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy.orm import Session

from latency_service.contract.messages import Entry, SnapshotId, TransferNote
from latency_service.repositories import profiles
from latency_service.services.entries import encode, predicted_entry
from latency_service.services.quick_plans import QuickPlan, read_others

if TYPE_CHECKING:
    from latency_service.modelling.transfer.transfer import Transfer


@dataclass
class Completion:
    """Predicted entries, by key, and what they rest on."""

    entries: dict[str, Entry] = field(default_factory=dict)
    measured: set[str] = field(default_factory=set)
    tables: dict[SnapshotId, None] = field(default_factory=dict)

    @property
    def documents(self) -> dict[str, str]:
        """The entries as canonical JSON, by key."""
        return {key: encode(entry.model_dump(mode="json")) for key, entry in self.entries.items()}

    @property
    def note(self) -> TransferNote | None:
        """What they rest on; None where there are none."""
        if not self.entries:
            return None
        return TransferNote(
            measured=len(self.measured),
            predicted=len(self.entries),
            tables=tuple(self.tables),
            spread_percent=_finite(median(map(_spread_percent, self.entries.values()))),
        )


def complete(session: Session, table_id: str, documents: Mapping[str, str]) -> Completion:
    """Return the entries that quick profiles of a table asked for, and that it lacks.

    Where two plans are of the same op, the newer one counts. An op that any of them had measured, and that has no
    entry, failed on this very device: nothing is said of it.

    Args:
        session: Of the database.
        table_id: Whose.
        documents: The table's own entries as canonical JSON, by key.
    """
    completion = Completion()
    plans = [QuickPlan.read(stored) for stored in profiles.quick_plans(session, table_id)]
    tried = {key for plan in plans for key in plan.measured}
    for plan in plans:
        measured = {key: orjson.loads(documents[key]) for key in plan.ops if key in documents}
        known = {*documents, *tried, *completion.entries}
        lacking = [key for key in plan.ops if key not in known]
        if measured and lacking:
            transfer = plan.transfer(read_others(session, plan.tables, plan.ops))
            completion.entries |= _predicted(plan.ops, transfer, measured, lacking)
            completion.measured |= measured.keys()
            completion.tables |= dict.fromkeys(map(SnapshotId, plan.tables))
    return completion


def _predicted(
    ops: Sequence[str], transfer: "Transfer", measured: Mapping[str, Mapping[str, Any]], lacking: Sequence[str]
) -> dict[str, Entry]:
    places = {key: place for place, key in enumerate(ops)}
    predictions = transfer.predict({places[key]: entry["latency_ms"] for key, entry in measured.items()})
    in_context = any(entry.get("placement") == "in_context" for entry in measured.values())
    asked = {key: predictions[places[key]] for key in lacking}
    return {
        key: predicted_entry(key, each.latency_ms, (each.low_ms, each.high_ms), in_context)
        for key, each in asked.items()
    }


def _spread_percent(entry: Entry) -> float:
    """Return half the width of the interval as a share of the latency; infinity where it has no end."""
    if entry.ci_low_ms is None or entry.ci_high_ms is None:
        return math.inf
    return 100 * (entry.ci_high_ms - entry.ci_low_ms) / 2 / entry.latency_ms


def _finite(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None
