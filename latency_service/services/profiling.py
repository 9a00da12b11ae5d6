"""Profiling: which workloads of a request must be measured, how far they are, and what comes when all have ended."""

from collections.abc import Collection
from datetime import datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from latency_service.contract.measurement import PROTOCOL_VERSION
from latency_service.contract.messages import Entry, ProfileCreated, ProfileId, ProfileRequest
from latency_service.contract.network import WorkloadKey, workload_key
from latency_service.repositories import conditions, devices, jobs, latency_tables, profiles, workloads
from latency_service.services import snapshots
from latency_service.services.entries import current_entries, is_zero_key
from latency_service.tables import Device, Profile


def create_profile(session: Session, request: ProfileRequest, now: datetime) -> ProfileCreated:
    """Queue what the table of the device's present state lacks or holds too old; share jobs that are active already.

    Raises:
        DeviceNotFound: No device of that name has registered.
    """
    device = devices.get(session, request.device)
    wanted = {str(workload_key(workload)): workload for workload in request.workloads}
    workloads.ensure(session, wanted)
    profile = Profile(
        id=uuid4().hex,
        device_id=device.id,
        conditions_id=conditions.ensure(session, request.conditions),
        max_age_s=request.max_age_s,
        state="running",
        created_at=now,
    )
    measured = _measured(session, device, profile, wanted)
    job_ids = _queue(session, profile, [key for key in wanted if key not in measured], now)
    profiles.add(session, profile, dict.fromkeys(measured) | job_ids)
    finish_settled(session, device.id, now)
    return ProfileCreated(
        profile_id=ProfileId(profile.id),
        measured=tuple(WorkloadKey(key) for key in wanted if key in measured),
        queued=tuple(WorkloadKey(key) for key in wanted if key not in measured),
    )


def finish_settled(session: Session, device_id: str, now: datetime) -> None:
    """Finish the device's profiles whose jobs have all ended, and cut a snapshot for each."""
    device = session.get_one(Device, device_id)
    for profile in profiles.settled(session, device_id):
        if not _requeue_for_new_state(session, device, profile, now):
            _finish(session, device, profile, now)


def _measured(session: Session, device: Device, profile: Profile, keys: Collection[str]) -> set[str]:
    table_id = latency_tables.present_id(device, profile.conditions_id)
    zeros = {key for key in keys if is_zero_key(key)}
    entries = current_entries(session, table_id, [key for key in keys if key not in zeros]).values()
    return zeros | {entry.workload for entry in entries if _is_young_enough(entry, profile)}


def _is_young_enough(entry: Entry, profile: Profile) -> bool:
    if profile.max_age_s is None:
        return True
    assert entry.measured_at is not None, "what was measured was measured at some time"
    # A device whose clock runs ahead has measured now, not in the future.
    age_s = max(0.0, (profile.created_at - entry.measured_at).total_seconds())
    return age_s < profile.max_age_s


def _queue(session: Session, profile: Profile, keys: Collection[str], now: datetime) -> dict[str, str]:
    shared = jobs.active(session, profile.device_id, profile.conditions_id, keys)
    lacking = [key for key in keys if key not in shared]
    return shared | jobs.add(session, profile.device_id, profile.conditions_id, lacking, now)


def _requeue_for_new_state(session: Session, device: Device, profile: Profile, now: datetime) -> bool:
    """Queue what was measured, but in a state that the device has left since; say whether there was any."""
    keys = profiles.measured_keys(session, profile.id)
    entries = current_entries(session, latency_tables.present_id(device, profile.conditions_id), keys)
    stranded = [key for key in keys if key not in entries]
    if stranded:
        profiles.requeue(session, profile.id, _queue(session, profile, stranded, now))
    return bool(stranded)


def _finish(session: Session, device: Device, profile: Profile, now: datetime) -> None:
    state = devices.present_state(session, device)
    table_id = latency_tables.ensure(session, state, profile.conditions_id, PROTOCOL_VERSION, now)
    profile.table_id = table_id
    profile.snapshot_id = snapshots.cut(session, table_id, now)
    profile.state = "done"
    profile.finished_at = now
