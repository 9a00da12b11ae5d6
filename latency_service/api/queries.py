"""Queries: the parameters behind the question mark, one model a resource; unknown ones are refused."""

from pydantic import Field

from latency_service.contract.conditions import (
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
from latency_service.contract.limits import LARGEST_INTEGER
from latency_service.contract.messages import Key, Message


class TableQuery(Message):
    """Which tables; what is left out matches any."""

    device: DeviceName | None = None
    runtime: RuntimeName | None = None
    precision: Precision | None = None
    threads: int | None = Field(default=None, ge=1, le=LARGEST_INTEGER)
    batch_size: int | None = Field(default=None, ge=1, le=LARGEST_INTEGER)
    cache_state: CacheState | None = None
    mode: Mode | None = None
    backend: BackendName | None = None
    layout: Layout | None = None
    batch_norm: BatchNorm | None = None


class LatencyQuery(Conditions):
    """Which entry: the device, the conditions (all but the runtime have defaults), the op."""

    device: DeviceName
    op: Key

    @property
    def conditions(self) -> Conditions:
        """The conditions alone."""
        return Conditions.model_validate(self.model_dump(exclude={"device", "op"}))


class MeasurementQuery(Message):
    """Which measurements, and the page of them."""

    table: str | None = None
    op: Key | None = None
    after: int = Field(default=0, ge=0, le=LARGEST_INTEGER)
    limit: int = Field(default=100, ge=1, le=1000)
    samples: bool = False
