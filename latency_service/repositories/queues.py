"""Queues: the order in which a device's jobs are lent, and who joins and leaves.

The more urgent come first. Among equals profiles take turns, by start-time fair queueing (Goyal, Vin and Cheng, 1996):
a job's position is its virtual start time, and a new profile starts after the one that the queue has reached. Were it
to start there, small profiles that keep coming would keep the queue there, and a large one would never have its turn.

Callers hold the device's lock, which lets no two of them queue the same workload.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Row, func, literal, select, update
from sqlalchemy.orm import Session

from latency_service.repositories.bulk import among, chunks, insert_all
from latency_service.tables import Job, Profile, ProfileWorkload

#: Written out in the statements: a partial index serves no parameter.
_QUEUED, _LEASED = (literal(state, literal_execute=True) for state in ("queued", "leased"))
_IS_QUEUED = Job.state == _QUEUED
_IS_ACTIVE = Job.state.in_([_QUEUED, _LEASED])

ActiveJob = Row[str, str, int, int]
#: Precedence and position: the smaller is lent first.
Place = tuple[int, int]


def enqueue(
    session: Session, device_id: str, conditions_id: str, keys: Sequence[str], precedence: int, now: datetime
) -> dict[str, str]:
    """Return the ids of the jobs that will measure the keys, by key; new ones take turns with who waits already.

    A job that is active already is shared; it moves up where it now would be lent earlier.
    """
    start = _reached(session, device_id, conditions_id, precedence) + 1
    places = {key: (precedence, start + index) for index, key in enumerate(keys)}
    shared = {job.workload_key: job for job in _active(session, device_id, conditions_id, keys)}
    _move_up(session, shared.values(), places)
    lacking = {key: place for key, place in places.items() if key not in shared}
    return {key: job.id for key, job in shared.items()} | _add(session, device_id, conditions_id, lacking, now)


def cancel(session: Session, profile_id: str, now: datetime) -> None:
    """Cancel the profile's jobs, waiting and lent ones alike, but for those that another running profile wants."""
    wanted_by_others = (
        select(ProfileWorkload.job_id)
        .join(Profile, Profile.id == ProfileWorkload.profile_id)
        .where(ProfileWorkload.job_id == Job.id, Profile.id != profile_id, Profile.state == "running")
    )
    own = (
        select(Job.id)
        .join(ProfileWorkload, ProfileWorkload.job_id == Job.id)
        .where(ProfileWorkload.profile_id == profile_id, _IS_ACTIVE, ~wanted_by_others.exists())
    )
    # Locked in the order of their ids, as everybody does.
    for chunk in chunks(session.scalars(own.order_by(Job.id).with_for_update(of=Job, key_share=True)).all()):
        session.execute(update(Job).where(Job.id.in_(chunk)).values(state="cancelled", finished_at=now))


def _reached(session: Session, device_id: str, conditions_id: str, precedence: int) -> int:
    """Return the position that the queue has got to: of the first job never lent, or else of the last one that was.

    Each of the conditions has a first one; where none waits under the profile's own, the others' furthest counts, for
    some may be such as no agent can do. Jobs that came back to the queue keep the early positions that they had; they
    say nothing of where it has got to.
    """
    jobs = (Job.device_id == device_id) & (Job.precedence == precedence)
    unlent = select(func.min(Job.position)).where(jobs, _IS_QUEUED, Job.attempts == 0, Job.returns == 0)
    own_first = unlent.where(Job.conditions_id == conditions_id)
    others_first = unlent.group_by(Job.conditions_id).order_by(func.min(Job.position).desc()).limit(1)
    last_lent = select(func.max(Job.position)).where(jobs, _IS_ACTIVE)
    candidates = (each.scalar_subquery() for each in (own_first, others_first, last_lent))
    return int(session.scalars(select(func.coalesce(*candidates, 0))).one())


def _active(session: Session, device_id: str, conditions_id: str, keys: Collection[str]) -> Sequence[ActiveJob]:
    query = select(Job.id, Job.workload_key, Job.precedence, Job.position)
    active = query.where(Job.device_id == device_id, Job.conditions_id == conditions_id, _IS_ACTIVE)
    return session.execute(active.where(among(session, Job.workload_key, keys))).all()


def _move_up(session: Session, jobs: Collection[ActiveJob], places: dict[str, Place]) -> None:
    moved = [
        {"id": job.id, "precedence": places[job.workload_key][0], "position": places[job.workload_key][1]}
        for job in jobs
        if places[job.workload_key] < (job.precedence, job.position)
    ]
    if moved:
        session.execute(update(Job), sorted(moved, key=lambda row: str(row["id"])))


def _add(
    session: Session, device_id: str, conditions_id: str, places: dict[str, Place], now: datetime
) -> dict[str, str]:
    shared = {"device_id": device_id, "conditions_id": conditions_id, "state": "queued", "attempts": 0}
    rows = [
        shared
        | {"id": uuid4().hex, "workload_key": key, "precedence": precedence, "position": position, "created_at": now}
        for key, (precedence, position) in places.items()
    ]
    insert_all(session, Job, rows)
    return {str(row["workload_key"]): str(row["id"]) for row in rows}
