"""A model of leasing in a few sets, which knows nothing of the database: what the service must answer, and why."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from latency_service.contract.measurement import ErrorClass, Failure, Verdict
from latency_service.contract.messages import JobId, JobResult, Lease
from tests.service_data import failure, success

MAX_ATTEMPTS = 3
LEASE = timedelta(seconds=90)


@dataclass(eq=False)
class Lent:
    """A lease as the model sees it: `held` are its jobs that have no result yet."""

    lease: Lease
    agent_id: str
    expires_at: datetime
    held: dict[JobId, int]
    has_ended: bool = False

    def is_alive(self, now: datetime) -> bool:
        """Say whether its token is good for anything."""
        return not self.has_ended and now < self.expires_at


@dataclass(frozen=True)
class Sent:
    """A result as it was handed in, and what became of it."""

    lent: Lent
    result_id: str
    result: JobResult
    status: str


@dataclass
class LeaseModel:
    """What was lent, and what was counted.

    Attributes:
        cancelled: Jobs that nobody wants any more; told from outside.
        counted: The attempts that a result has ended.
        measured: How many of those results were measurements; `failed` how many failures are kept.
        crashes: Of each job, which agents have seen it crash, and how.
    """

    lent: list[Lent] = field(default_factory=list)
    cancelled: set[str] = field(default_factory=set)
    counted: set[tuple[JobId, int]] = field(default_factory=set)
    measured: int = 0
    failed: int = 0
    crashes: dict[JobId, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))

    def borrow(self, lease: Lease, agent_id: str, now: datetime) -> Lent:
        """Note a new lease; none of its jobs may be in another one that is alive."""
        for job in lease.jobs:
            holders = [lent for lent in self.lent if lent.is_alive(now) and job.job_id in lent.held]
            assert not holders, "a job is in two live leases"
            assert job.job_id not in self.cancelled, "a job was lent that nobody wants"
            assert 1 <= job.attempt <= MAX_ATTEMPTS
        held = {job.job_id: job.attempt for job in lease.jobs}
        self.lent.append(Lent(lease, agent_id, now + LEASE, held))
        return self.lent[-1]

    def expects(self, lent: Lent, result: JobResult, now: datetime) -> str:
        """Return what a new result is to be answered: accepted, late or refused."""
        wanted = result.job_id in lent.held or result.job_id in self.cancelled
        if lent.is_alive(now) and wanted:
            return "accepted"
        return "refused" if result.measurement is None else "late"

    def accept(self, lent: Lent, result: JobResult) -> str | None:
        """Note an accepted result; return the state that its job must be in now, or None where it does not count."""
        self.failed += result.measurement is None
        if result.job_id in self.cancelled:
            return None
        attempt = lent.held.pop(result.job_id)
        assert (result.job_id, attempt) not in self.counted, "an attempt was ended twice"
        self.counted.add((result.job_id, attempt))
        self.measured += result.measurement is not None
        return self._state_after(lent, result, attempt)

    def end_if_idle(self, lent: Lent, now: datetime) -> None:
        """End a lease that is alive and holds no wanted job any more: whatever came for it has been answered."""
        if lent.is_alive(now) and not set(lent.held) - self.cancelled:
            lent.has_ended = True

    def _state_after(self, lent: Lent, result: JobResult, attempt: int) -> str:
        failure, measurement = result.failure, result.measurement
        if measurement is not None and measurement.verdict != "unfit":
            return "succeeded"
        is_last = attempt >= MAX_ATTEMPTS
        if failure is not None:
            is_last = is_last or failure.is_final or self._is_poison(lent, result.job_id, failure)
        return "failed" if is_last else "queued"

    def _is_poison(self, lent: Lent, job_id: JobId, failure: Failure) -> bool:
        if failure.error_class != "crashed":
            return False
        alike = {agent for agent, message in self.crashes[job_id] if message == failure.message}
        self.crashes[job_id].add((lent.agent_id, failure.message))
        return bool(alike - {lent.agent_id})


def result_of(job_id: JobId, outcome: Verdict | ErrorClass, message: str) -> JobResult:
    """Return a measurement with that verdict, or a failure of that class."""
    match outcome:
        case "ok" | "noisy" | "unfit":
            return success(job_id, verdict=outcome)
        case _:
            return failure(job_id, outcome, message)
