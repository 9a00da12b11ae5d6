"""Refitting: a snapshot's correction made again, from its entries and the stored measurements of its anchors."""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.orm import Session

from latency_service.contract.messages import Correction
from latency_service.repositories import measurements
from latency_service.services import snapshots
from latency_service.services.correcting import correction_of
from latency_service.services.indexed_snapshot import index_snapshot


@dataclass(frozen=True)
class Refit:
    """A snapshot's correction as it was stored, and as it follows from what was measured."""

    stored: Correction
    refitted: Correction | None

    @property
    def is_the_same(self) -> bool:
        """Whether the two agree to the last digit."""
        return self.stored == self.refitted


def refit(session: Session, snapshot_id: str) -> Refit | None:
    """Fit a snapshot's correction again; None where it has none.

    Raises:
        SnapshotNotFound: None has that id.
    """
    content = snapshots.get(session, snapshot_id).document
    stored = orjson.loads(content).get("correction")
    if stored is None:
        return None
    correction = Correction.model_validate(stored)
    index = index_snapshot(content)
    documents = {**index.entries, **index.predicted}
    measured = {str(key): _summaries(session, documents[key]) for key in correction.anchors}
    return Refit(correction, correction_of(session, documents, measured))


def _summaries(session: Session, document: bytes) -> list[dict[str, Any]]:
    """Return the summaries of a network's two newest sessions that counted when the snapshot was cut."""
    entry = orjson.loads(document)
    rows = measurements.back_from(session, entry["measurement_id"], entry["verdict"], 2)
    # One that is only noisy stands alone, by the rule of services/combining.py.
    counting = rows if entry["verdict"] == "ok" else rows[:1]
    return [row.summary for row in counting]
