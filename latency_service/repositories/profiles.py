"""Profiles and the workloads that each asks for."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.orm import Session

from latency_service.contract.errors import ProfileNotFound
from latency_service.tables import Job, Profile, ProfileWorkload, Workload


def add(session: Session, profile: Profile, job_ids: Mapping[str, str | None]) -> None:
    """Add a profile and its workloads, by key; None stands for one that is measured already."""
    session.add(profile)
    session.flush()
    session.execute(insert(ProfileWorkload), _links(profile.id, job_ids))


def requeue(session: Session, profile_id: str, job_ids: Mapping[str, str]) -> None:
    """Let other jobs measure some of the profile's workloads, by key."""
    session.execute(update(ProfileWorkload), _links(profile_id, job_ids))


def get(session: Session, profile_id: str) -> Profile:
    """Return a profile.

    Raises:
        ProfileNotFound: No profile has that id.
    """
    profile = session.get(Profile, profile_id)
    if profile is None:
        raise ProfileNotFound(f"no profile has the id {profile_id!r}; POST /v1/profiles makes one")
    return profile


def settled(session: Session, device_id: str) -> Sequence[Profile]:
    """Return the device's running profiles that have no active job left."""
    active = (
        select(ProfileWorkload.profile_id)
        .join(Job, Job.id == ProfileWorkload.job_id)
        .where(ProfileWorkload.profile_id == Profile.id, Job.state.in_(("queued", "leased")))
    )
    running = select(Profile).where(Profile.device_id == device_id, Profile.state == "running")
    return session.scalars(running.where(~active.exists()).order_by(Profile.created_at)).all()


def counts(session: Session, profile_id: str) -> dict[str | None, int]:
    """Return the number of workloads by their job's state; None counts those that needed no job."""
    query = (
        select(Job.state, func.count())
        .select_from(ProfileWorkload)
        .outerjoin(Job, Job.id == ProfileWorkload.job_id)
        .where(ProfileWorkload.profile_id == profile_id)
        .group_by(Job.state)
    )
    return {state: count for state, count in session.execute(query)}


def failed_jobs(session: Session, profile_id: str) -> Sequence[Job]:
    """Return the profile's failed jobs, in the order queued."""
    query = select(Job).join(ProfileWorkload, ProfileWorkload.job_id == Job.id)
    failed = query.where(ProfileWorkload.profile_id == profile_id, Job.state == "failed")
    return session.scalars(failed.order_by(Job.created_at, Job.position)).all()


def measured_keys(session: Session, profile_id: str) -> Sequence[str]:
    """Return the keys that a measurement should stand behind: measured before, or by a job that succeeded."""
    query = (
        select(ProfileWorkload.workload_key)
        .join(Workload, Workload.key == ProfileWorkload.workload_key)
        .outerjoin(Job, Job.id == ProfileWorkload.job_id)
        .where(ProfileWorkload.profile_id == profile_id, Workload.kind != "zero")
        .where(or_(Job.id.is_(None), Job.state == "succeeded"))
    )
    return session.scalars(query).all()


def zero_keys(session: Session, device_id: str, conditions_id: str) -> Sequence[str]:
    """Return the Zero ops that any profile of the device under the conditions asked for."""
    query = (
        select(ProfileWorkload.workload_key)
        .distinct()
        .join(Profile, Profile.id == ProfileWorkload.profile_id)
        .join(Workload, Workload.key == ProfileWorkload.workload_key)
        .where(Profile.device_id == device_id, Profile.conditions_id == conditions_id, Workload.kind == "zero")
    )
    return session.scalars(query).all()


def _links(profile_id: str, job_ids: Mapping[str, str | None]) -> list[dict[str, str | None]]:
    return [{"profile_id": profile_id, "workload_key": key, "job_id": job_id} for key, job_id in job_ids.items()]
