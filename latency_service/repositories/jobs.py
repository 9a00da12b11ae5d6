"""Jobs: what waits, what is lent, what has ended (repositories/lending.py lends them).

What a lease holds is written under its fence: the statement itself asks whether the job is still that lease's, so that
of two transactions at the same moment one finds nothing left to do.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from latency_service.contract.measurement import ErrorClass
from latency_service.contract.messages import JobState
from latency_service.repositories.bulk import among, chunks
from latency_service.repositories.leases import IS_HELD
from latency_service.tables import Job, Lease

_UNSYNCHRONIZED = {"synchronize_session": False}


class Ending(NamedTuple):
    """How an attempt ended: the job's next state, and what went wrong."""

    state: JobState
    error_class: ErrorClass | None = None
    error_message: str | None = None


SUCCEEDED = Ending("succeeded")


_alive = select(Lease.token).where(
    Lease.token == bindparam("lease"), Lease.ended_at.is_(None), Lease.expires_at > bindparam("now")
)
# Built once: SQLAlchemy takes longer to build a statement than PostgreSQL to run it.
_END_ATTEMPTS = (
    update(Job)
    .where(Job.id.in_(bindparam("jobs", expanding=True)), IS_HELD, Job.lease_token.in_(_alive))
    .values(
        state=bindparam("next_state"),
        lease_token=bindparam("next_lease"),
        finished_at=bindparam("finished"),
        error_class=bindparam("class"),
        error_message=bindparam("message"),
    )
    .returning(Job.id)
)


def complete(
    session: Session, token: str, job_ids: Collection[str], now: datetime, ending: Ending = SUCCEEDED
) -> set[str]:
    """End the attempts of these of the lease's jobs, if the lease is alive and holds them; return those it held."""
    is_over = ending.state != "queued"
    parameters = {
        "lease": token,
        "now": now,
        "next_state": ending.state,
        "next_lease": token if is_over else None,
        "finished": now if is_over else None,
        "class": ending.error_class,
        "message": ending.error_message,
    }
    ended: set[str] = set()
    for chunk in chunks(job_ids):
        ended.update(session.connection().scalars(_END_ATTEMPTS, parameters | {"jobs": chunk}))
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
    for chunk in chunks(_lock_lent(session, tokens)):
        lent = update(Job).where(Job.id.in_(chunk), Job.returns < max_returns)
        session.execute(lent.values(values), execution_options=_UNSYNCHRONIZED)


def take_back(
    session: Session,
    tokens: Collection[str],
    max_attempts: int,
    error_class: ErrorClass,
    message: str,
    now: datetime,
) -> None:
    """Fail those of the leases' jobs that had their last attempt, and queue the others again."""
    failed = {"state": "failed", "finished_at": now, "error_class": error_class, "error_message": message}
    for chunk in chunks(_lock_lent(session, tokens)):
        lent = update(Job).where(Job.id.in_(chunk), IS_HELD)
        last = lent.where(Job.attempts >= max_attempts).values(failed)
        session.execute(last, execution_options=_UNSYNCHRONIZED)
        session.execute(lent.values(state="queued", lease_token=None), execution_options=_UNSYNCHRONIZED)


def _lock_lent(session: Session, tokens: Collection[str]) -> Sequence[str]:
    """Return the ids of the jobs that the leases hold, locked in the order of their ids, as everybody does."""
    if not tokens:
        return ()
    lent = select(Job.id).where(among(session, Job.lease_token, tokens), IS_HELD)
    return session.scalars(lent.order_by(Job.id).with_for_update(key_share=True)).all()
