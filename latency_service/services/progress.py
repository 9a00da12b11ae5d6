"""Progress: how far a profile is."""

from datetime import datetime
from typing import cast, get_args

from sqlalchemy.orm import Session

from latency_service.contract.measurement import ErrorClass
from latency_service.contract.messages import (
    JobFailure,
    JobState,
    ProfileId,
    ProfileState,
    ProfileStatus,
    SnapshotId,
    TableId,
)
from latency_service.contract.network import WorkloadKey
from latency_service.repositories import conditions, profiles
from latency_service.services.expiry import expire_leases
from latency_service.services.profiling import finish_settled
from latency_service.settings import Settings
from latency_service.tables import Device, Job, Profile


def profile_status(session: Session, profile_id: str, settings: Settings, now: datetime) -> ProfileStatus:
    """Return how far a profile is, after taking back what lies with agents that are gone.

    Raises:
        ProfileNotFound: No profile has that id.
    """
    profile = profiles.get(session, profile_id)
    if profile.state == "running":
        expire_leases(session, profile.device_id, settings, now)
        finish_settled(session, profile.device_id, now)
    return _to_message(session, profile)


def _to_message(session: Session, profile: Profile) -> ProfileStatus:
    by_state = profiles.counts(session, profile.id)
    counts = {state: by_state.get(state, 0) for state in get_args(JobState)}
    total = sum(by_state.values())
    failed = profiles.failed_jobs(session, profile.id) if counts["failed"] else ()
    return ProfileStatus(
        profile_id=ProfileId(profile.id),
        device=session.get_one(Device, profile.device_id).name,
        conditions=conditions.get(session, profile.conditions_id),
        state=cast(ProfileState, profile.state),
        counts=counts,
        already_measured=by_state.get(None, 0),
        progress=1 - (counts["queued"] + counts["leased"]) / total,
        failures=tuple(_failure(job) for job in failed),
        table_id=TableId(profile.table_id) if profile.table_id else None,
        snapshot_id=SnapshotId(profile.snapshot_id) if profile.snapshot_id else None,
        created_at=profile.created_at,
        finished_at=profile.finished_at,
    )


def _failure(job: Job) -> JobFailure:
    assert job.error_class is not None, "a job fails with a reason"
    return JobFailure(
        workload=WorkloadKey(job.workload_key),
        error_class=cast(ErrorClass, job.error_class),
        message=job.error_message or "",
        attempts=job.attempts,
    )
