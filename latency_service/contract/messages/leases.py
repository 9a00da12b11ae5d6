"""Work lent to agents, and what comes back."""

from typing import Literal, NewType

from pydantic import AwareDatetime, Field, model_validator

from latency_service.contract.conditions import Conditions, RuntimeName
from latency_service.contract.device import DeviceName, Fingerprint
from latency_service.contract.limits import LARGEST_INTEGER
from latency_service.contract.measurement import Failure, Measurement
from latency_service.contract.messages.base import JobId, Message, WorkloadOnWire

LeaseToken = NewType("LeaseToken", str)


class LeaseRequest(Message):
    """An agent asks for work that its device, in its present state, can do."""

    device: DeviceName
    device_state: Fingerprint
    runtimes: tuple[RuntimeName, ...] = Field(min_length=1)
    max_threads: int = Field(default=1024, ge=1, le=LARGEST_INTEGER)
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

    job_id: JobId
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
