"""Queries: the parameters behind the question mark, one model a resource; unknown ones are refused."""

from pydantic import Field

from latency_service.contract.conditions import (
    LARGEST_BATCH,
    MOST_THREADS,
    BackendName,
    BatchNorm,
    CacheState,
    Conditions,
    Layout,
    Mode,
    Precision,
    RuntimeName,
)
from latency_service.contract.device import DeviceName
from latency_service.contract.limits import LARGEST_SMALL_INTEGER, Moment
from latency_service.contract.messages import Key, Message, ProfileState, SnapshotId


class TableQuery(Message):
    """Which tables; what is left out matches any."""

    device: DeviceName | None = None
    runtime: RuntimeName | None = None
    precision: Precision | None = None
    threads: int | None = Field(default=None, ge=1, le=MOST_THREADS)
    batch_size: int | None = Field(default=None, ge=1, le=LARGEST_BATCH)
    cache_state: CacheState | None = None
    mode: Mode | None = None
    backend: BackendName | None = None
    layout: Layout | None = None
    batch_norm: BatchNorm | None = None


class _UnderConditions(Conditions):
    """Conditions among other parameters; all but the runtime have defaults."""

    @property
    def conditions(self) -> Conditions:
        """The conditions alone."""
        return Conditions.model_validate(self.model_dump(include=set(Conditions.model_fields)))


class LatencyQuery(_UnderConditions):
    """Which entry: the device, the conditions, the op; and whether it may be a predicted one."""

    device: DeviceName
    op: Key
    allow_predicted: bool = False


class HistoryQuery(_UnderConditions):
    """Whose measurements: the conditions, the op, and the page of them."""

    op: Key
    before: int | None = Field(default=None, ge=0, le=LARGEST_SMALL_INTEGER)
    limit: int = Field(default=100, ge=1, le=1000)


class MeasurementQuery(Message):
    """Which measurements, and the page of them."""

    table: str | None = None
    op: Key | None = None
    after: int = Field(default=0, ge=0, le=LARGEST_SMALL_INTEGER)
    limit: int = Field(default=100, ge=1, le=1000)
    samples: bool = False


class SnapshotQuery(Message):
    """Which snapshots of a table: those cut before another one, and how many."""

    before: SnapshotId | None = None
    limit: int = Field(default=100, ge=1, le=1000)


class GoodbyeQuery(Message):
    """Which life of an agent says goodbye; all that speak for the device where that is left out."""

    agent_id: str | None = Field(default=None, min_length=1, max_length=64)


class ProfileQuery(Message):
    """Which profiles, and the page of them."""

    device: DeviceName | None = None
    state: ProfileState | None = None
    before: Moment | None = None
    limit: int = Field(default=50, ge=1, le=1000)
