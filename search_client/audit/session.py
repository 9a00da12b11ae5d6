"""Session: what one fresh measurement of all networks came to."""

from pydantic import AwareDatetime, BaseModel, ConfigDict

from latency_service.contract.measurement import Verdict
from latency_service.contract.messages import ProfileId, Snapshot, SnapshotId


class StartedSession(BaseModel):
    """A session whose networks are being measured.

    Attributes:
        snapshot_before: The table's newest when it started.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile_id: ProfileId
    snapshot_before: SnapshotId


class MeasuredWhole(BaseModel):
    """One network's measurement: its median, with the 95 % interval."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measured_ms: float
    measured_ci_ms: tuple[float, float]
    verdict: Verdict


class Session(BaseModel):
    """All networks, measured in turns.

    Attributes:
        number: From 1 on.
        snapshot: What predictions are made from.
        measured: By the network's name, anchors included.
        failed: Networks and anchors without a measurement, by name, and why.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    profile_id: ProfileId
    snapshot: Snapshot
    measured: dict[str, MeasuredWhole]
    failed: dict[str, str]
    started_at: AwareDatetime
    finished_at: AwareDatetime
