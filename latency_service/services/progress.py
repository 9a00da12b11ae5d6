"""Progress: how far profiles are."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast, get_args

from sqlalchemy.orm import Session

from latency_service.contract.conditions import Conditions
from latency_service.contract.measurement import ErrorClass
from latency_service.contract.messages import (
    JobFailure,
    JobState,
    ProfileList,
    ProfileState,
    ProfileStatus,
    ProfileSummary,
)
from latency_service.contract.network import WorkloadKey
from latency_service.repositories import conditions, profiles
from latency_service.services.quick_plans import QuickPlan
from latency_service.tables import Device, Job, Profile

_SAME_MEMBERS = ("priority", "refresh", "refresh_at", "table_id", "snapshot_id", "state", "created_at", "finished_at")


def profile_status(session: Session, profile_id: str) -> ProfileStatus:
    """Return how far a profile is.

    Raises:
        ProfileNotFound: No profile has that id.
    """
    profile = profiles.get(session, profile_id)
    device = session.get_one(Device, profile.device_id)
    by_state = profiles.counts(session, [profile.id])[profile.id]
    members = _members(profile, device, conditions.get(session, profile.conditions_id), by_state)
    failed = profiles.failed_jobs(session, profile.id) if by_state.get("failed") else ()
    return ProfileStatus.model_validate(members | {"failures": tuple(_failure(job) for job in failed)})


def list_profiles(
    session: Session, device: str | None, state: ProfileState | None, before: datetime | None, limit: int
) -> ProfileList:
    """Return the profiles that match and were made before a moment, the newest first.

    They may be a few more than `limit`: a page never ends between profiles of the same moment.
    """
    rows = profiles.find(session, device, state, before, limit)
    counts = profiles.counts(session, [profile.id for profile, *_ in rows])
    return ProfileList(
        profiles=tuple(
            ProfileSummary.model_validate(
                _members(profile, device_row, conditions.from_row(conditions_row), counts[profile.id])
            )
            for profile, device_row, conditions_row in rows
        ),
        next_before=rows[-1][0].created_at if len(rows) >= limit else None,
    )


def _members(profile: Profile, device: Device, asked: Conditions, by_state: Mapping[str | None, int]) -> dict[str, Any]:
    counts = {state: by_state.get(state, 0) for state in get_args(JobState)}
    active = counts["queued"] + counts["leased"]
    return {name: getattr(profile, name) for name in _SAME_MEMBERS} | {
        "profile_id": profile.id,
        "device": device.name,
        "conditions": asked,
        "counts": counts,
        "already_measured": by_state.get(None, 0),
        "predicted": len(QuickPlan.read(profile.quick_plan).predicted) if profile.quick_plan else 0,
        "progress": 1 - active / sum(by_state.values()),
    }


def _failure(job: Job) -> JobFailure:
    assert job.error_class is not None, "a job fails with a reason"
    return JobFailure(
        workload=WorkloadKey(job.workload_key),
        error_class=cast(ErrorClass, job.error_class),
        message=job.error_message or "",
        attempts=job.attempts,
    )
