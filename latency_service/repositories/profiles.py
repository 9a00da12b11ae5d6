"""Profiles and the workloads that each asks for.

Whoever writes profiles of a device holds the device's lock.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, Text, cast, exists, func, or_, select, update
from sqlalchemy.orm import Session

from latency_service.contract.errors import ProfileNotFound
from latency_service.repositories.bulk import chunks, insert_all
from latency_service.tables import Conditions, Device, Job, Profile, ProfileWorkload, Workload

ListedProfile = Row[Profile, Device, Conditions]


def add(session: Session, profile: Profile, job_ids: Mapping[str, str | None]) -> None:
    """Add a profile and its workloads, by key; None stands for one that is measured already."""
    session.add(profile)
    session.flush()
    insert_all(session, ProfileWorkload, _links(profile.id, job_ids))


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


def find(
    session: Session, device: str | None, state: str | None, before: datetime | None, limit: int
) -> Sequence[ListedProfile]:
    """Return profiles, the newest first: those made before a moment that match.

    They are `limit`, and more only where the last of these was made at the same moment as the next ones.
    """
    matching = [
        *([Device.name == device] if device is not None else []),
        *([Profile.state == state] if state is not None else []),
        *([Profile.created_at < before] if before is not None else []),
    ]
    moments = select(Profile.created_at).join(Device).where(*matching).order_by(Profile.created_at.desc())
    last = session.scalar(moments.offset(limit - 1).limit(1))
    if last is not None:
        matching.append(Profile.created_at >= last)
    query = select(Profile, Device, Conditions).join(Device).join(Conditions).where(*matching)
    return session.execute(query.order_by(Profile.created_at.desc(), Profile.id)).all()


def has_settled(session: Session, device_id: str) -> bool:
    """Say whether any of the device's running profiles has no active job left."""
    return bool(session.scalar(select(exists().where(Profile.device_id == device_id, _is_settled()))))


def settled(session: Session, device_id: str) -> Sequence[Profile]:
    """Return the device's running profiles that have no active job left."""
    query = select(Profile).where(Profile.device_id == device_id, _is_settled()).order_by(Profile.created_at)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def has_due_refresh(session: Session, device_id: str, now: datetime) -> bool:
    """Say whether it is time to look at any of the device's profiles again."""
    return bool(session.scalar(select(exists().where(Profile.device_id == device_id, Profile.refresh_at <= now))))


def due_for_refresh(session: Session, device_id: str, now: datetime) -> Sequence[Profile]:
    """Return the device's profiles that it is time to look at again."""
    query = select(Profile).where(Profile.device_id == device_id, Profile.refresh_at <= now)
    return session.scalars(query.order_by(Profile.refresh_at).execution_options(populate_existing=True)).all()


def devices_with_due(session: Session, now: datetime) -> Sequence[str]:
    """Return the ids of the devices of which a profile has settled or is to be looked at again."""
    return session.scalars(
        select(Profile.device_id).distinct().where(or_(_is_settled(), Profile.refresh_at <= now))
    ).all()


def counts(session: Session, profile_ids: Collection[str]) -> dict[str, dict[str | None, int]]:
    """Return each profile's number of workloads by their job's state; None counts those that needed no job."""
    found: dict[str, dict[str | None, int]] = {profile_id: {} for profile_id in profile_ids}
    for chunk in chunks(profile_ids):
        query = (
            select(ProfileWorkload.profile_id, Job.state, func.count())
            .outerjoin(Job, Job.id == ProfileWorkload.job_id)
            .where(ProfileWorkload.profile_id.in_(chunk))
            .group_by(ProfileWorkload.profile_id, Job.state)
        )
        for profile_id, state, count in session.execute(query):
            found[profile_id][state] = count
    return found


def failed_jobs(session: Session, profile_id: str) -> Sequence[Job]:
    """Return the profile's failed jobs, in the order queued."""
    query = select(Job).join(ProfileWorkload, ProfileWorkload.job_id == Job.id)
    failed = query.where(ProfileWorkload.profile_id == profile_id, Job.state == "failed")
    return session.scalars(failed.order_by(Job.created_at, Job.position)).all()


def measurable_keys(session: Session, profile_id: str) -> Sequence[str]:
    """Return the keys that the profile asks for, but for Zero, in their order."""
    query = (
        select(ProfileWorkload.workload_key)
        .join(Workload, Workload.key == ProfileWorkload.workload_key)
        .where(ProfileWorkload.profile_id == profile_id, Workload.kind != "zero")
    )
    return session.scalars(query.order_by(ProfileWorkload.workload_key)).all()


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


def anchor_keys(session: Session, device_id: str, conditions_id: str) -> set[str]:
    """Return the anchors of all profiles of the device under the conditions."""
    # As text, of which alone PostgreSQL can tell the distinct: most profiles of a space have the same.
    query = select(cast(Profile.anchors, Text)).distinct().where(Profile.anchors.is_not(None))
    lists = session.scalars(query.where(Profile.device_id == device_id, Profile.conditions_id == conditions_id))
    return {key for text in lists for key in orjson.loads(text)}


def quick_plans(session: Session, table_id: str) -> Sequence[dict[str, Any]]:
    """Return the plans of quick profiles that ended with the table, or are just ending, the newest first.

    One that is measuring yet, or was cancelled, has promised nothing so far.
    """
    query = select(Profile.quick_plan).where(Profile.table_id == table_id, Profile.quick_plan.is_not(None))
    return session.scalars(query.order_by(Profile.created_at.desc(), Profile.id)).all()


def _is_settled() -> ColumnElement[bool]:
    """Return the condition of running profiles without an active job.

    It is asked at every poll, so it is written such that no database joins whole tables for it: the profile's jobs are
    gone through one by one, up to the first active one. They are in the order of their ids, which are random: in any
    other, all that ended would come first sooner or later.
    """
    state = select(Job.state).where(Job.id == ProfileWorkload.job_id).scalar_subquery()
    active = (
        select(ProfileWorkload.job_id)
        .where(ProfileWorkload.profile_id == Profile.id, ProfileWorkload.job_id.is_not(None))
        .where(state.in_(("queued", "leased")))
        .order_by(ProfileWorkload.job_id)
        .limit(1)
    )
    return (Profile.state == "running") & active.scalar_subquery().is_(None)


def _links(profile_id: str, job_ids: Mapping[str, str | None]) -> list[dict[str, str | None]]:
    return [{"profile_id": profile_id, "workload_key": key, "job_id": job_id} for key, job_id in job_ids.items()]
