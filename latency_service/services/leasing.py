"""Leasing: batches of jobs lent to agents, renewed and handed back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from latency_service.contract.errors import DeviceStateUnknown, LeaseExpired
from latency_service.contract.messages import JobId, Lease, LeasedJob, LeaseRenewed, LeaseRequest, LeaseToken
from latency_service.repositories import conditions, devices, jobs, leases, workloads
from latency_service.services.expiry import expire_leases
from latency_service.services.profiling import finish_settled
from latency_service.services.registration import check_protocol
from latency_service.settings import Settings
from latency_service.tables import Device, DeviceState, Job
from latency_service.tables import Lease as LeaseRow


def lend(session: Session, request: LeaseRequest, settings: Settings, now: datetime) -> Lease | None:
    """Lend the oldest jobs that the agent can do, all under the same conditions; None where there are none.

    Raises:
        DeviceNotFound: No device of that name has registered.
        DeviceStateUnknown: The device is not, or no longer, registered in that state.
        AgentTooOld: The agent registered before the service learnt a newer protocol.
    """
    device = devices.get(session, request.device)
    check_protocol(device.protocol_version)
    state = _check_state(session, device, request.device_state)
    devices.mark_seen(session, device.id, now)
    expire_leases(session, device.id, settings, now)
    finish_settled(session, device.id, now)
    batch = jobs.next_batch(session, device.id, request.runtimes, request.max_threads, request.max_jobs)
    if not batch:
        return None
    lease = LeaseRow(
        token=uuid4().hex,
        device_id=device.id,
        state_id=state.id,
        conditions_id=batch[0].conditions_id,
        created_at=now,
        expires_at=now + timedelta(seconds=settings.lease_s),
    )
    leases.add(session, lease, batch)
    return _to_message(session, lease, batch, settings)


def renew(session: Session, token: str, settings: Settings, now: datetime) -> LeaseRenewed:
    """Prolong a lease, and say which of its jobs nobody wants any more.

    Raises:
        LeaseExpired: The lease has ended or run out.
    """
    lease = leases.get(session, token)
    if not is_alive(lease, now):
        raise LeaseExpired("the lease has ended; its jobs may be lent to another agent already")
    lease.expires_at = now + timedelta(seconds=settings.lease_s)
    devices.mark_seen(session, lease.device_id, now)
    cancelled = leases.cancelled_jobs(session, token)
    return LeaseRenewed(expires_at=lease.expires_at, cancelled=tuple(map(JobId, cancelled)))


def release(session: Session, token: str, now: datetime) -> None:
    """Take back what has no result yet, without counting an attempt; a lease that has ended stays as it is.

    Raises:
        LeaseExpired: There never was a lease with that token.
    """
    lease = leases.get(session, token)
    if is_alive(lease, now):
        jobs.give_back(session, token)
        end(session, lease, now)


def end(session: Session, lease: LeaseRow, now: datetime) -> None:
    """End a lease, and the profiles that waited for nothing else."""
    leases.end(session, [lease.token], now)
    finish_settled(session, lease.device_id, now)


def is_alive(lease: LeaseRow, now: datetime) -> bool:
    """Say whether the lease has neither ended nor run out."""
    return lease.ended_at is None and now < lease.expires_at


def _check_state(session: Session, device: Device, fingerprint: str) -> DeviceState:
    state = devices.state(session, device.id, fingerprint)
    if state is None or fingerprint != device.fingerprint:
        known = "is not its present one any more" if state else "has never registered"
        raise DeviceStateUnknown(f"state {fingerprint!r} of device {device.name!r} {known}; register again")
    return state


def _to_message(session: Session, lease: LeaseRow, batch: Sequence[Job], settings: Settings) -> Lease:
    specs = workloads.find(session, [job.workload_key for job in batch])
    return Lease(
        token=LeaseToken(lease.token),
        conditions=conditions.get(session, lease.conditions_id),
        jobs=tuple(
            LeasedJob(job_id=JobId(job.id), attempt=job.attempts, workload=specs[job.workload_key]) for job in batch
        ),
        lease_s=settings.lease_s,
        renew_s=settings.renew_s,
        expires_at=lease.expires_at,
    )
