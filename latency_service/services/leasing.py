"""Leasing: batches of jobs lent to agents, renewed and handed back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from latency_service.contract.errors import DeviceStateUnknown, LeaseExpired
from latency_service.contract.messages import JobId, Lease, LeasedJob, LeaseRenewed, LeaseRequest, LeaseToken
from latency_service.repositories import conditions, devices, jobs, leases, lending, workloads
from latency_service.repositories.lending import Batch, Borrower
from latency_service.services.registration import check_protocol
from latency_service.settings import Settings
from latency_service.tables import Device
from latency_service.tally import count

#: An idle agent asks every few seconds, and a request that changes nothing should write nothing.
_NOTED_EVERY = timedelta(seconds=10)
_HANDED_BACK = "handed back unmeasured more than {} times"


@dataclass(frozen=True)
class Outlook:
    """Who asks for work, and whether there is any.

    Attributes:
        is_unseen: Whether it is to be noted that the device's agent has called.
    """

    borrower: Borrower
    is_work_waiting: bool
    is_unseen: bool

    @property
    def is_anything_to_write(self) -> bool:
        """Say whether the request changes anything."""
        return self.is_work_waiting or self.is_unseen


def look(session: Session, request: LeaseRequest, now: datetime) -> Outlook:
    """Return who asks for work, and whether there is any; nothing is written or locked.

    Raises:
        DeviceNotFound: No device of that name has registered.
        DeviceStateUnknown: The device is not, or no longer, registered in that state.
        AgentTooOld: The agent registered before the service learnt a newer protocol.
    """
    device = devices.get(session, request.device)
    check_protocol(device.protocol_version)
    _check_state(session, device, request.device_state)
    borrower = Borrower(device.id, device.fingerprint, request.agent_id, request.runtimes, request.max_threads)
    return Outlook(
        borrower=borrower,
        is_work_waiting=lending.is_any_queued(session, borrower),
        is_unseen=abs(now - device.last_seen_at) >= _NOTED_EVERY,
    )


def lend(session: Session, outlook: Outlook, max_jobs: int, settings: Settings, now: datetime) -> Lease | None:
    """Lend the next jobs that the borrower can do, all under the same conditions; None where there are none."""
    borrower = outlook.borrower
    if outlook.is_unseen:
        devices.mark_seen(session, borrower.device_id, now)
    token, expires_at = uuid4().hex, now + timedelta(seconds=settings.lease_s)
    batch = lending.lend(session, token, borrower, max_jobs, now, expires_at)
    if batch is None:
        return None
    count(session, "leases", "granted")
    count(session, "jobs_lent", number=len(batch.jobs))
    return _to_message(session, token, batch, settings, expires_at)


def renew(session: Session, token: str, settings: Settings, now: datetime) -> LeaseRenewed:
    """Prolong a lease, and say which of its jobs nobody wants any more; where none is left, the lease ends with that.

    Raises:
        LeaseExpired: The lease has ended or run out.
    """
    expires_at = now + timedelta(seconds=settings.lease_s)
    device_id = leases.prolong(session, token, now, expires_at)
    if device_id is None:
        leases.check_was_lent(session, token)
        raise LeaseExpired("the lease has ended; its jobs may be lent to another agent already")
    devices.mark_seen(session, device_id, now)
    count(session, "leases", "renewed")
    cancelled = leases.cancelled_jobs(session, token)
    if cancelled and leases.end_if_idle(session, token, now):
        count(session, "leases", "ended")
    return LeaseRenewed(expires_at=expires_at, cancelled=tuple(map(JobId, cancelled)))


def release(session: Session, token: str, settings: Settings, now: datetime) -> None:
    """Take back what has no result yet, without counting an attempt; a lease that has ended stays as it is.

    A job that comes back like that time and again counts its attempts from then on.

    Raises:
        LeaseExpired: There never was a lease with that token.
    """
    ended = leases.end_alive(session, now, token)
    if not ended:
        leases.check_was_lent(session, token)
    _give_back(session, ended, settings, now)


def release_all(session: Session, device_id: str, agent_id: str | None, settings: Settings, now: datetime) -> None:
    """Do the same with all leases of a device, or of one life of an agent there."""
    _give_back(session, leases.end_all_alive(session, now, device_id, agent_id), settings, now)


def _give_back(session: Session, tokens: list[str], settings: Settings, now: datetime) -> None:
    jobs.give_back(session, tokens, settings.max_returns)
    message = _HANDED_BACK.format(settings.max_returns)
    jobs.take_back(session, tokens, settings.max_attempts, "crashed", message, now)
    count(session, "leases", "released", number=len(tokens))


def _check_state(session: Session, device: Device, fingerprint: str) -> None:
    if fingerprint != device.fingerprint:
        state = devices.state(session, device.id, fingerprint)
        known = "is not its present one any more" if state else "has never registered"
        raise DeviceStateUnknown(f"state {fingerprint!r} of device {device.name!r} {known}; register again")
    if device.deregistered_at is not None:
        raise DeviceStateUnknown(f"device {device.name!r} has said goodbye; register again")


def _to_message(session: Session, token: str, batch: Batch, settings: Settings, expires_at: datetime) -> Lease:
    specs = workloads.find(session, [job.workload_key for job in batch.jobs])
    return Lease(
        token=LeaseToken(token),
        conditions=conditions.get(session, batch.conditions_id),
        jobs=tuple(
            LeasedJob(job_id=JobId(job.id), attempt=job.attempt, workload=specs[job.workload_key]) for job in batch.jobs
        ),
        lease_s=settings.lease_s,
        renew_s=settings.renew_s,
        expires_at=expires_at,
    )
