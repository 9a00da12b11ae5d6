"""Checks of the work: what is stuck, who is gone, what fails wherever it is tried."""

from collections.abc import Sequence
from datetime import timedelta

from latency_service.doctor.findings import Finding, good, warn
from latency_service.doctor.stand import Stand
from latency_service.repositories import devices, troubles
from latency_service.services.fleet import SEEN_LATELY

_OVERDUE = timedelta(minutes=10)
_LATELY = timedelta(days=1)
_MOST_NAMES = 5
#: Fewer jobs than these say nothing about a device, and fewer devices nothing about a workload.
_ENOUGH_JOBS, _ENOUGH_DEVICES = 10, 2
#: The reaper deletes samples within a day or so of their time.
_RETENTION_GRACE = timedelta(days=2)


def check_leases(stand: Stand) -> Finding:
    """Look for leases that ran out, and whose jobs nobody has taken back."""
    overdue = stand.database.read(lambda session: troubles.overdue_leases(session, stand.now - _OVERDUE))
    if not overdue:
        return good("leases", "none is overdue")
    why = "Their jobs are lent to nobody and wait; whoever asks for the device's work or progress takes them back."
    mend = "start an agent for the device, or run a replica with reap_every_s above 0"
    return warn("leases", f"{overdue} ran out more than ten minutes ago", why, mend)


def check_agents(stand: Stand) -> Finding:
    """Look for running profiles of devices that nobody speaks for."""
    waiting = stand.database.read(lambda session: troubles.unattended_devices(session, stand.now - SEEN_LATELY))
    if not waiting:
        return good("agents", "every running profile's device was seen lately")
    seen = _listed(
        [f"{name} ({profiles} profiles, last seen {at:%Y-%m-%d %H:%M} UTC)" for name, profiles, at in waiting]
    )
    why = "Their profiles wait for an agent."
    return warn("agents", f"nobody speaks for {seen}", why, "start `device-agent run` there, or cancel the profiles")


def check_names(stand: Stand) -> Finding:
    """Look for devices that go back and forth between two states."""
    flapping = stand.database.read(lambda session: devices.flapping(session, stand.now))
    if not flapping:
        return good("names", "no device goes back and forth between states")
    why = "Each time its present table changes: two agents that bear one name measure for two tables in turn."
    mend = "give each agent a name of its own, or see what changes on the host (`latency-service devices show NAME`)"
    return warn("names", f"back and forth between states: {_listed(flapping)}", why, mend)


def check_failures(stand: Stand) -> Finding:
    """Look for devices on which most jobs fail."""
    shares = stand.database.read(lambda session: troubles.failure_shares(session, stand.now - _LATELY, _ENOUGH_JOBS))
    failing = [f"{name} ({failed} of {ended})" for name, failed, ended in shares if failed > ended / 2]
    if not failing:
        return good("failures", "on no device do most jobs fail")
    why = "Their tables stay incomplete."
    mend = "latency-service profiles show ID gives the reasons; `device-agent doctor` there looks at the device"
    return warn("failures", f"within a day most jobs failed on {_listed(failing)}", why, mend)


def check_workloads(stand: Stand) -> Finding:
    """Look for workloads that fail wherever they are tried."""
    poisonous = stand.database.read(lambda session: troubles.poisonous_workloads(session, _ENOUGH_DEVICES))
    if not poisonous:
        return good("workloads", "none fails on every device")
    why = "No device can run them, so every profile that asks for them ends with failures."
    mend = "leave them out of the search space, or report them with the reasons that the profiles show"
    return warn("workloads", f"failed on several devices and measured on none: {_listed(poisonous)}", why, mend)


def check_retention(stand: Stand) -> Finding:
    """Look for raw samples that should have been deleted."""
    days = stand.settings.keep_samples_days
    if days is None:
        return good("retention", "raw samples are kept for ever")
    oldest = stand.database.read(troubles.oldest_samples)
    if oldest is None or stand.now - oldest <= timedelta(days=days) + _RETENTION_GRACE:
        return good("retention", f"raw samples go after {days:g} days")
    why = "The database grows: nobody deletes what is to be deleted."
    mend = "run a replica with reap_every_s above 0"
    return warn("retention", f"raw samples of {oldest:%Y-%m-%d} are there, older than {days:g} days", why, mend)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
