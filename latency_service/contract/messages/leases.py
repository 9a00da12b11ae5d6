"""Work lent to agents, and what comes back."""

from typing import Literal, NewType
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from latency_service.contract.conditions import MOST_THREADS, Conditions, RuntimeName
from latency_service.contract.device import DeviceName, Fingerprint
from latency_service.contract.errors import Problem
from latency_service.contract.limits import LARGEST_SMALL_INTEGER, MOST_MEMBERS
from latency_service.contract.measurement import Failure, Measurement
from latency_service.contract.messages.base import JobId, Message, WorkloadOnWire

LeaseToken = NewType("LeaseToken", str)


class LeaseRequest(Message):
    """An agent asks for work that its device, in its present state, can do.

    Attributes:
        agent_id: Tells this life of the agent from others: a crash that two of them report alike is the job's fault.
    """

    device: DeviceName
    device_state: Fingerprint = Field(max_length=64)
    agent_id: str = Field(default="", max_length=64)
    runtimes: tuple[RuntimeName, ...] = Field(min_length=1, max_length=MOST_MEMBERS)
    max_threads: int = Field(default=MOST_THREADS, ge=1, le=LARGEST_SMALL_INTEGER)
    max_jobs: int = Field(default=32, ge=1, le=512)


class LeasedJob(Message):
    """One workload of a lease."""

    job_id: JobId
    attempt: int
    workload: WorkloadOnWire


class Lease(Message):
    """A batch of jobs under the same conditions, lent until `expires_at`; renew every `renew_s`."""

    token: LeaseToken
    conditions: Conditions
    jobs: tuple[LeasedJob, ...]
    lease_s: float
    renew_s: float
    expires_at: AwareDatetime


class LeaseRenewed(Message):
    """The lease's new end, and which of its jobs nobody wants any more."""

    expires_at: AwareDatetime
    cancelled: tuple[JobId, ...]


class JobResult(Message):
    """What came of one leased job: exactly one of a measurement and a failure."""

    job_id: JobId = Field(max_length=64)
    measurement: Measurement | None = None
    failure: Failure | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "JobResult":
        if (self.measurement is None) == (self.failure is None):
            raise ValueError("give exactly one of measurement and failure")
        return self


class ResultAccepted(Message):
    """The result is stored; `duplicate` when this very result had arrived before."""

    status: Literal["accepted", "duplicate"]


class IdentifiedResult(JobResult):
    """A job's result under the UUID that the agent made for it."""

    result_id: UUID


class ResultBatch(Message):
    """Several results of one lease; each stands or falls by itself."""

    results: tuple[IdentifiedResult, ...] = Field(min_length=1, max_length=512)


class ResultOutcome(Message):
    """What became of one result of a batch: stored, had before, kept although its lease was dead, or refused."""

    result_id: UUID
    status: Literal["accepted", "duplicate", "late", "refused"]
    problem: Problem | None = None


class ResultBatchAnswer(Message):
    """The outcomes, in the order sent."""

    outcomes: tuple[ResultOutcome, ...]
