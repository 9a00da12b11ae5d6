"""Jobs: what waits, what is lent, what has ended (repositories/lending.py lends them).

What a lease holds is written under its fence: the statement itself asks whether the job is still that lease's, so that
of two transactions at the same moment one finds nothing left to do.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.orm import Session

from latency_service.contract.measurement import ErrorClass
from latency_service.contract.messages import JobState
from latency_service.repositories.bulk import chunks
from latency_service.tables import Job, Lease

_UNSYNCHRONIZED = {"synchronize_session": False}
_ACTIVE = ("queued", "leased")


class Ending(NamedTuple):
    """How an attempt ended: the job's next state, and what went wrong."""

    state: JobState
    error_class: ErrorClass | None = None
    error_message: str | None = None


SUCCEEDED = Ending("succeeded")


def active(session: Session, device_id: str, conditions_id: str, keys: Collection[str]) -> dict[str, str]:
    """Return the ids of the active jobs that measure the keys, by key."""
    found: dict[str, str] = {}
    for chunk in chunks(keys):
        query = select(Job.workload_key, Job.id).where(
            Job.device_id == device_id,
            Job.conditions_id == conditions_id,
            Job.state.in_(_ACTIVE),
            Job.workload_key.in_(chunk),
        )
        found.update(iter(session.execute(query)))
    return found


def add(session: Session, device_id: str, conditions_id: str, keys: Collection[str], now: datetime) -> dict[str, str]:
    """Queue a job for each key, in order, and return their ids by key."""
    ids = {key: uuid4().hex for key in keys}
    shared = {"device_id": device_id, "conditions_id": conditions_id, "state": "queued", "attempts": 0}
    rows = [
        shared | {"id": job_id, "workload_key": key, "position": position, "created_at": now}
        for position, (key, job_id) in enumerate(ids.items())
    ]
    if rows:
        session.execute(insert(Job), rows)
    return ids


def complete(
    session: Session, token: str, job_ids: Collection[str], now: datetime, ending: Ending = SUCCEEDED
) -> set[str]:
    """End the attempts of these of the lease's jobs, if the lease is alive and holds them; return those it held."""
    alive = select(Lease.token).where(Lease.token == token, Lease.ended_at.is_(None), Lease.expires_at > now)
    held = and_(Job.state == "leased", Job.lease_token.in_(alive))
    next_state = ending._asdict() | ({"lease_token": None} if ending.state == "queued" else {"finished_at": now})
    ended: set[str] = set()
    for chunk in chunks(job_ids):
        ending_them = update(Job).where(Job.id.in_(chunk), held).values(next_state).returning(Job.id)
        ended.update(session.scalars(ending_them, execution_options=_UNSYNCHRONIZED))
    return ended


def spare(session: Session, token: str, job_ids: Collection[str], now: datetime) -> bool:
    """End these jobs as succeeded where no other lease than that one holds them; say whether there was one."""
    free = or_(Job.state == "queued", and_(Job.state == "leased", Job.lease_token == token))
    values = SUCCEEDED._asdict() | {"finished_at": now}
    spared = update(Job).where(Job.id.in_(job_ids), free).values(values)
    return bool(session.scalars(spared.returning(Job.id), execution_options=_UNSYNCHRONIZED).all())


def give_back(session: Session, tokens: Collection[str], max_returns: int) -> None:
    """Queue the leases' jobs without a result again, as if they had never been lent: each so many times at most."""
    values = {"state": "queued", "lease_token": None, "attempts": Job.attempts - 1, "returns": Job.returns + 1}
    for chunk in chunks(tokens):
        lent = update(Job).where(Job.lease_token.in_(chunk), Job.state == "leased")
        session.execute(lent.where(Job.returns < max_returns).values(values))


def take_back(
    session: Session,
    tokens: Collection[str],
    max_attempts: int,
    error_class: ErrorClass,
    message: str,
    now: datetime,
) -> None:
    """Fail those of the leases' jobs that had their last attempt, and queue the others again."""
    for chunk in chunks(tokens):
        lent = update(Job).where(Job.lease_token.in_(chunk), Job.state == "leased")
        failed = {"state": "failed", "finished_at": now, "error_class": error_class, "error_message": message}
        session.execute(lent.where(Job.attempts >= max_attempts).values(failed))
        session.execute(lent.values(state="queued", lease_token=None))
