"""Requests for measurements, and how far they are."""

from typing import Literal, NewType

from pydantic import AwareDatetime, Field

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import DeviceName
from latency_service.contract.measurement import ErrorClass
from latency_service.contract.messages.base import Key, Message, SnapshotId, TableId, WorkloadOnWire
from latency_service.contract.network import NetworkSpec

ProfileId = NewType("ProfileId", str)
JobState = Literal["queued", "leased", "succeeded", "failed", "cancelled"]
ProfileState = Literal["running", "done", "cancelled"]


class RefreshPolicy(Message):
    """Keep a finished profile's entries fresh: look at them again every so often.

    Attributes:
        every_s: Seconds between two looks.
        max_age_s: Measure again what is older than this by then; None takes any age.
        noisy: Measure again what is only `noisy`.

    What the table lacks is tried again at each look, too: it failed before, or the device is in another state now.
    """

    every_s: float = Field(ge=60, le=366 * 86_400, allow_inf_nan=False)
    max_age_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    noisy: bool = True


class ProfileRequest(Message):
    """Ask for workloads to be measured on a device; what the table already holds is not measured again.

    Attributes:
        anchors: Networks that a correction is fitted to. Whenever anything of the profile is measured they are, too.
        quick: Measure only so many of the ops that the table lacks, those that tell most of the others; these are
            predicted from tables of other devices. What too few of those tables hold is measured besides.
        max_age_s: Measure again what is older than this; None takes any age, 0 measures everything anew.
        priority: Jobs of a larger one are lent first; among equals the profiles of a device take turns.
        refresh: Whether, and how, the entries are kept fresh after the profile is done.
    """

    device: DeviceName
    conditions: Conditions
    workloads: tuple[WorkloadOnWire, ...] = Field(min_length=1, max_length=20_000)
    anchors: tuple[NetworkSpec, ...] = Field(default=(), max_length=200)
    quick: int | None = Field(default=None, ge=1, le=1_000)
    max_age_s: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    priority: int = Field(default=0, ge=-100, le=100)
    refresh: RefreshPolicy | None = None


class ProfileCreated(Message):
    """Which workloads the table holds already, which have been queued, and which a quick profile will predict."""

    profile_id: ProfileId
    measured: tuple[Key, ...]
    queued: tuple[Key, ...]
    predicted: tuple[Key, ...] = ()


class JobFailure(Message):
    """A job that ended without a timing."""

    workload: Key
    error_class: ErrorClass
    message: str
    attempts: int


class ProfileSummary(Message):
    """How far a profile is. It is done when each of its jobs has ended, and then names the snapshot that was cut.

    Attributes:
        progress: Share of the workloads that are measured or have ended otherwise, 0 to 1.
        predicted: How many ops a quick profile leaves to be predicted.
        snapshot_id: The latest that was cut for it; a profile that runs again to be kept fresh has its former one.
        refresh_at: When its entries are looked at again.
        finished_at: When it was done or cancelled.
    """

    profile_id: ProfileId
    device: DeviceName
    conditions: Conditions
    state: ProfileState
    counts: dict[JobState, int]
    already_measured: int
    progress: float
    predicted: int = 0
    table_id: TableId | None
    snapshot_id: SnapshotId | None
    priority: int = 0
    refresh: RefreshPolicy | None = None
    refresh_at: AwareDatetime | None = None
    created_at: AwareDatetime
    finished_at: AwareDatetime | None


class ProfileStatus(ProfileSummary):
    """How far a profile is, and which of its jobs failed, with reasons."""

    failures: tuple[JobFailure, ...]


class ProfileList(Message):
    """Profiles, the newest first; hand `next_before` back as `before` to get older ones."""

    profiles: tuple[ProfileSummary, ...]
    next_before: AwareDatetime | None
