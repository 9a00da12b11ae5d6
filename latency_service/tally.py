"""Tally: what a transaction did that is worth counting. It counts once the transaction is committed, and only then."""

from collections import Counter
from typing import Literal

from sqlalchemy.orm import Session

#: What is counted, as the metrics name it; each has its own labels (see api/meters.py).
Counted = Literal["leases", "jobs_lent", "results", "profiles", "reaper_rounds"]
#: How often each happened, by what and its labels.
Tally = Counter[tuple[Counted, tuple[str, ...]]]

_KEY = "latency_service_tally"


def count(session: Session, counted: Counted, *labels: str, number: int = 1) -> None:
    """Count something that the session's transaction does."""
    if number:
        tally_of(session)[counted, labels] += number


def tally_of(session: Session) -> Tally:
    """Return what the session has counted so far."""
    tally: Tally = session.info.setdefault(_KEY, Counter())
    return tally
