"""Refreshing: profiles that are done, and whose entries are kept fresh on a schedule."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from latency_service.contract.messages import RefreshPolicy
from latency_service.repositories import devices, entries, latency_tables, profiles
from latency_service.repositories.entries import Standing
from latency_service.services import profiling
from latency_service.tables import Device, Profile


def refresh_due(session: Session, device_id: str, now: datetime) -> None:
    """Look again at those of the device's profiles for which it is time.

    A profile with anything to measure anew runs again, and then has another snapshot; until then it keeps the one it
    has. Otherwise it is only looked at again later.
    """
    device = devices.lock(session, device_id)
    for profile in profiles.due_for_refresh(session, device_id, now):
        stale = _stale_keys(session, device, profile, now)
        if stale:
            profiles.requeue(session, profile.id, profiling.queue(session, profile, stale, now))
            profile.state, profile.finished_at, profile.refresh_at = "running", None, None
        else:
            profile.refresh_at = profiling.next_look_at(profile, now)


def _stale_keys(session: Session, device: Device, profile: Profile, now: datetime) -> Sequence[str]:
    """Return what the policy has measured again, and what the table lacks: once a look, failed ones are tried too."""
    policy = RefreshPolicy.model_validate(profile.refresh)
    keys = profiles.measurable_keys(session, profile.id)
    present = entries.standings(session, latency_tables.present_id(device, profile.conditions_id), keys)
    return [key for key in keys if key not in present or _is_stale(present[key], policy, now)]


def _is_stale(entry: Standing, policy: RefreshPolicy, now: datetime) -> bool:
    is_noisy = policy.noisy and entry.verdict == "noisy"
    return is_noisy or entry.is_older(policy.max_age_s, now)
