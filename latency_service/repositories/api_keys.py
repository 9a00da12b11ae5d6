"""API keys, the revoked ones too: what they did stays theirs."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select, text, update
from sqlalchemy.orm import Session

from latency_service.engines import is_sqlite
from latency_service.tables import ApiKey


def add(session: Session, key: ApiKey) -> None:
    """Add a key."""
    session.add(key)
    session.flush()


def find(session: Session, key_id: str) -> ApiKey | None:
    """Return a key, be it revoked or not."""
    return session.get(ApiKey, key_id)


def any_exists(session: Session) -> bool:
    """Say whether there ever was a key; revoking the last one does not open the service to everybody."""
    return bool(session.scalar(select(exists().where(ApiKey.id.is_not(None)))))


def list_all(session: Session) -> Sequence[ApiKey]:
    """Return all keys, the oldest first."""
    return session.scalars(select(ApiKey).order_by(ApiKey.created_at, ApiKey.id)).all()


def revoke(session: Session, key_id: str, now: datetime) -> None:
    """Mark a key as revoked; the first time counts."""
    unrevoked = update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
    session.execute(unrevoked.values(revoked_at=now))


def mark_used(session: Session, key_id: str, now: datetime) -> None:
    """Note that the key was used."""
    session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=now))


def lock(session: Session) -> None:
    """Let nobody else add keys until this transaction ends; SQLite's writers are alone anyway."""
    if not is_sqlite(session.connection()):
        session.execute(text("LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE"))
