"""What agents and clients send, and what they get: one model a message, in the order of the REST resources."""

from typing import Annotated, Literal, NewType

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from latency_service.contract.conditions import Conditions, RuntimeName
from latency_service.contract.device import DeviceDescription, DeviceId, DeviceName, DeviceState, Fingerprint
from latency_service.contract.keys import EXAMPLE_KEY, OpOnWire
from latency_service.contract.measurement import PROTOCOL_VERSION, ErrorClass, Failure, Measurement, Verdict
from latency_service.contract.network import NetworkSpec, WorkloadKey
from latency_service.contract.summary import Summary

ProfileId = NewType("ProfileId", str)
JobId = NewType("JobId", str)
LeaseToken = NewType("LeaseToken", str)
MeasurementId = NewType("MeasurementId", str)
TableId = NewType("TableId", str)
SnapshotId = NewType("SnapshotId", str)

JobState = Literal["queued", "leased", "succeeded", "failed", "cancelled"]
ProfileState = Literal["running", "done"]

#: An op as its key, or a network as `{"ops": [key, ...]}`.
WorkloadOnWire = Annotated[OpOnWire | NetworkSpec, Field(union_mode="left_to_right")]
Key = Annotated[WorkloadKey, Field(max_length=200, examples=[EXAMPLE_KEY])]


class Message(BaseModel):
    """What all messages share: they are values, and unknown members are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# --- devices ---------------------------------------------------------------------------------------------------------


class DeviceRegistration(Message):
    """An agent says what its device is and in which state. Sent at start and whenever the state changes."""

    name: DeviceName
    description: DeviceDescription
    state: DeviceState
    agent_version: str = Field(max_length=64)
    protocol_version: int = PROTOCOL_VERSION


class DeviceRegistered(Message):
    """The service's answer: who the device is, and the intervals to keep."""

    device_id: DeviceId
    device_state: Fingerprint
    poll_s: float
    renew_s: float
    lease_s: float


class Device(Message):
    """A device as the service knows it."""

    device_id: DeviceId
    name: DeviceName
    description: DeviceDescription
    device_state: Fingerprint
    facts: DeviceState
    agent_version: str
    registered_at: AwareDatetime
    last_seen_at: AwareDatetime


class DeviceList(Message):
    """All devices, by name."""

    devices: tuple[Device, ...]


# --- profiles --------------------------------------------------------------------------------------------------------


class ProfileRequest(Message):
    """Ask for workloads to be measured on a device; what the table already holds is not measured again.

    Attributes:
        max_age_s: Measure again what is older than this; None takes any age, 0 measures everything anew.
    """

    device: DeviceName
    conditions: Conditions
    workloads: tuple[WorkloadOnWire, ...] = Field(min_length=1, max_length=20_000)
    max_age_s: float | None = Field(default=None, ge=0)


class ProfileCreated(Message):
    """Which workloads the table holds already and which have been queued."""

    profile_id: ProfileId
    measured: tuple[Key, ...]
    queued: tuple[Key, ...]


class JobFailure(Message):
    """A job that ended without a timing."""

    workload: Key
    error_class: ErrorClass
    message: str
    attempts: int


class ProfileStatus(Message):
    """How far a profile is. It is done when each of its jobs has ended, and then names the snapshot that was cut.

    Attributes:
        progress: Share of the workloads that are measured or have ended otherwise, 0 to 1.
    """

    profile_id: ProfileId
    device: DeviceName
    conditions: Conditions
    state: ProfileState
    counts: dict[JobState, int]
    already_measured: int
    progress: float
    failures: tuple[JobFailure, ...]
    table_id: TableId | None
    snapshot_id: SnapshotId | None
    created_at: AwareDatetime
    finished_at: AwareDatetime | None


# --- leases ----------------------------------------------------------------------------------------------------------


class LeaseRequest(Message):
    """An agent asks for work that its device, in its present state, can do."""

    device: DeviceName
    device_state: Fingerprint
    runtimes: tuple[RuntimeName, ...] = Field(min_length=1)
    max_threads: int = Field(default=1024, ge=1)
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


# --- tables and snapshots --------------------------------------------------------------------------------------------


class Table(Message):
    """A latency table: what one device in one state says under some conditions."""

    table_id: TableId
    device: DeviceName
    device_state: Fingerprint
    is_current_state: bool
    conditions: Conditions
    protocol_version: int
    entries: int
    latest_snapshot_id: SnapshotId | None


class TableList(Message):
    """The tables that match a query; those of the devices' present state first."""

    tables: tuple[Table, ...]


class Entry(Message):
    """The current value of one workload in a table.

    Attributes:
        source: `measured`, or `definition` for Zero, which costs nothing.
    """

    workload: Key
    latency_ms: float = Field(ge=0)
    ci_low_ms: float = Field(ge=0)
    ci_high_ms: float = Field(ge=0)
    n: int
    verdict: Verdict
    source: Literal["measured", "definition"] = "measured"
    measured_at: AwareDatetime | None
    measurement_id: MeasurementId | None


class Snapshot(Message):
    """An immutable cut of a table. Its id is the hash of all its other members, and its ETag."""

    snapshot_id: SnapshotId
    table_id: TableId
    device: DeviceName
    device_state: Fingerprint
    conditions: Conditions
    protocol_version: int
    ops: tuple[Entry, ...]
    networks: tuple[Entry, ...]


class LookupRequest(Message):
    """Ask for the latencies of ops (or of networks, by their keys)."""

    ops: tuple[Key, ...] = Field(min_length=1, max_length=20_000)


class LookupAnswer(Message):
    """Every latency that was asked for, in the order asked."""

    table_id: TableId
    entries: tuple[Entry, ...]


class LatencyAnswer(Message):
    """One entry, with the table it came from."""

    table: Table
    entry: Entry


# --- measurements ----------------------------------------------------------------------------------------------------


class MeasurementRow(Message):
    """One stored measurement; `measurement` holds the raw samples and all else, where they were asked for."""

    measurement_id: MeasurementId
    sequence: int
    table_id: TableId
    workload: Key
    attempt: int
    leased: bool
    summary: Summary
    verdict: Verdict
    reasons: tuple[str, ...]
    started_at: AwareDatetime
    finished_at: AwareDatetime
    received_at: AwareDatetime
    measurement: Measurement | None = None


class MeasurementPage(Message):
    """A page of measurements, oldest first; hand `next_after` back as `after` to get the next page."""

    measurements: tuple[MeasurementRow, ...]
    next_after: int | None
