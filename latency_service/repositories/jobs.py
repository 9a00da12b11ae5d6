"""Jobs: what waits, what is lent, what has ended."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from latency_service.contract.measurement import ErrorClass
from latency_service.repositories.bulk import chunks
from latency_service.tables import Conditions, Job

_ACTIVE = ("queued", "leased")


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


def next_batch(
    session: Session, device_id: str, runtimes: Collection[str], max_threads: int, max_jobs: int
) -> Sequence[Job]:
    """Return the oldest queued job that the agent can do, and the next ones under the same conditions."""
    queue = (
        select(Job)
        .where(Job.device_id == device_id, Job.state == "queued")
        .order_by(Job.created_at, Job.position, Job.id)
    )
    able = Conditions.runtime.in_(runtimes) & (Conditions.threads <= max_threads)
    oldest = session.scalar(queue.join(Conditions, Conditions.id == Job.conditions_id).where(able).limit(1))
    if oldest is None:
        return ()
    return session.scalars(queue.where(Job.conditions_id == oldest.conditions_id).limit(max_jobs)).all()


def count_lent(session: Session, token: str) -> int:
    """Return how many jobs of the lease have no result yet."""
    query = select(func.count()).select_from(Job).where(Job.lease_token == token, Job.state == "leased")
    return session.scalar(query) or 0


def give_back(session: Session, token: str) -> None:
    """Queue the lease's jobs without a result again, as if they had never been lent."""
    values = {"state": "queued", "lease_token": None, "attempts": Job.attempts - 1}
    session.execute(update(Job).where(Job.lease_token == token, Job.state == "leased").values(values))


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
