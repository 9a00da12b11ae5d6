"""Profiling: which workloads of a request must be measured, and what comes when all have ended."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from latency_service import tally
from latency_service.contract.errors import Conflict
from latency_service.contract.measurement import PROTOCOL_VERSION
from latency_service.contract.messages import ProfileCreated, ProfileId, ProfileRequest, RefreshPolicy
from latency_service.contract.network import WorkloadKey, workload_key
from latency_service.repositories import conditions, devices, entries, latency_tables, profiles, queues, workloads
from latency_service.services import snapshots
from latency_service.services.anchoring import spread
from latency_service.services.entries import is_zero_key
from latency_service.services.quick_plans import QuickPlan
from latency_service.tables import Device, Profile

#: Of jobs that only keep a finished profile fresh, as of the least priority that a request can have.
_PRECEDENCE_OF_REFRESHES = 100


def create_profile(
    session: Session, request: ProfileRequest, now: datetime, plan: QuickPlan | None = None
) -> ProfileCreated:
    """Queue what the table of the device's present state lacks or holds too old; share jobs that are active already.

    Where there is anything to queue, so are all anchors.

    Args:
        session: Of the database.
        request: What is asked for.
        now: The time.
        plan: Of a quick profile: what of it is measured.

    Raises:
        DeviceNotFound: No device of that name has registered.
        Conflict: The device is known from imports alone, and nobody will ever measure there.
    """
    device = devices.lock(session, devices.get(session, request.device).id)
    _refuse_without_agent(device)
    wanted = {str(workload_key(workload)): workload for workload in (*request.workloads, *request.anchors)}
    predicted = plan.predicted if plan else ()
    for key in predicted:
        del wanted[key]
    workloads.ensure(session, wanted)
    profile = _new_profile(device, conditions.ensure(session, request.conditions), request, now)
    profile.quick_plan = plan.stored if plan else None
    measured = _measured(session, device, profile, wanted)
    queued = queue(session, profile, [key for key in wanted if key not in measured], now)
    profiles.add(session, profile, dict.fromkeys(measured) | queued)
    tally.count(session, "profiles", "created")
    finish_settled(session, device.id, now)
    return ProfileCreated(
        profile_id=ProfileId(profile.id),
        measured=tuple(WorkloadKey(key) for key in wanted if key not in queued),
        queued=tuple(WorkloadKey(key) for key in wanted if key in queued),
        predicted=tuple(WorkloadKey(key) for key in predicted),
    )


def queue(session: Session, profile: Profile, keys: Sequence[str], now: datetime) -> dict[str, str]:
    """Return the ids of the jobs that will measure the keys, if there are any, and the profile's anchors among them.

    Who refreshes gives way to all others.
    """
    refreshes = profile.snapshot_id is not None
    precedence = _PRECEDENCE_OF_REFRESHES if refreshes else -profile.priority
    in_order = spread(keys, profile.anchors or ()) if keys else ()
    return queues.enqueue(session, profile.device_id, profile.conditions_id, in_order, precedence, now)


def finish_settled(session: Session, device_id: str, now: datetime) -> None:
    """Finish the device's profiles whose jobs have all ended, and cut a snapshot for each.

    Only who holds the device's lock does so, and thus each profile is finished once.
    """
    device = devices.lock(session, device_id)
    for profile in profiles.settled(session, device_id):
        if not _requeue_for_new_state(session, device, profile, now):
            _finish(session, device, profile, now)


def next_look_at(profile: Profile, now: datetime) -> datetime | None:
    """Return when a profile that is done is to be looked at again; None where nobody asked for it."""
    if profile.refresh is None:
        return None
    return now + timedelta(seconds=RefreshPolicy.model_validate(profile.refresh).every_s)


def _refuse_without_agent(device: Device) -> None:
    if latency_tables.has_no_agent(device):
        raise Conflict(
            f"no agent has ever spoken for {device.name!r}, whose tables were imported: read them as they are "
            f"(GET /v1/tables?device={device.name}), or start an agent with `device-agent run --name {device.name}`"
        )


def _new_profile(device: Device, conditions_id: str, request: ProfileRequest, now: datetime) -> Profile:
    return Profile(
        id=uuid4().hex,
        device_id=device.id,
        conditions_id=conditions_id,
        max_age_s=request.max_age_s,
        priority=request.priority,
        refresh=request.refresh.model_dump() if request.refresh else None,
        anchors=list(dict.fromkeys(str(workload_key(anchor)) for anchor in request.anchors)) or None,
        state="running",
        created_at=now,
    )


def _measured(session: Session, device: Device, profile: Profile, keys: Collection[str]) -> set[str]:
    zeros = {key for key in keys if is_zero_key(key)}
    table_id = latency_tables.present_id(device, profile.conditions_id)
    present = entries.standings(session, table_id, [key for key in keys if key not in zeros])
    young = {key for key, entry in present.items() if not entry.is_older(profile.max_age_s, profile.created_at)}
    return zeros | young


def _requeue_for_new_state(session: Session, device: Device, profile: Profile, now: datetime) -> bool:
    """Queue what was measured, but in a state that the device has left since; say whether there was any.

    The anchors are measured with it, those of the present state as well: they belong to the session of the ops.
    """
    keys = profiles.measured_keys(session, profile.id)
    present = entries.standings(session, latency_tables.present_id(device, profile.conditions_id), keys)
    stranded = [key for key in keys if key not in present]
    if stranded:
        profiles.requeue(session, profile.id, queue(session, profile, stranded, now))
    return bool(stranded)


def _finish(session: Session, device: Device, profile: Profile, now: datetime) -> None:
    state = devices.present_state(session, device)
    table_id = latency_tables.ensure(session, state, profile.conditions_id, PROTOCOL_VERSION, now)
    profile.table_id = table_id
    profile.snapshot_id = snapshots.cut(session, table_id, now)
    profile.state = "done"
    profile.finished_at = now
    profile.refresh_at = next_look_at(profile, now)
    tally.count(session, "profiles", "finished")
