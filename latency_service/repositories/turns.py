"""Turns: what only one replica at a time does."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from latency_service.engines import is_sqlite

#: Of PostgreSQL's advisory locks; any number that nobody else uses.
_REAPER = 0x726561706572  # "reaper"


def is_reapers(session: Session) -> bool:
    """Say whether this transaction is the one that reaps until it ends; on SQLite each writer is alone anyway."""
    if is_sqlite(session.connection()):
        return True
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _REAPER}))
