"""How snapshots differ, and how an op's latency went over time."""

from typing import Literal

from pydantic import AwareDatetime

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import DeviceName, Fact, Fingerprint
from latency_service.contract.measurement import Verdict
from latency_service.contract.messages.base import Key, Message, SnapshotId, TableId
from latency_service.contract.messages.tables import ContextSummary, Entry, MeasurementId
from latency_service.contract.network import NetworkSpec


class SnapshotCut(Message):
    """A snapshot of a table: when it was cut, and how many entries it has."""

    snapshot_id: SnapshotId
    created_at: AwareDatetime
    entries: int


class SnapshotList(Message):
    """The snapshots of a table, the newest first; hand `next_before` back as `before` to get older ones."""

    table_id: TableId
    snapshots: tuple[SnapshotCut, ...]
    next_before: SnapshotId | None


class ComparedSnapshot(Message):
    """One side of a comparison."""

    snapshot_id: SnapshotId
    device: DeviceName
    device_state: Fingerprint
    conditions: Conditions
    protocol_version: int


class FactChange(Message):
    """A fact of the device's state that is another one than before; None: it was, or is, not told."""

    fact: str
    before: Fact
    after: Fact


class EntryChange(Message):
    """A workload whose intervals in the two snapshots do not touch: it has moved.

    Attributes:
        change: Relative: 0.12 is 12 % slower.
        least_visible_change: A smaller one would not have been told from chance: the intervals' half widths together.
    """

    workload: Key
    before_ms: float
    after_ms: float
    change: float
    least_visible_change: float


class ChangeGroup(Message):
    """Ops that share a kind and one attribute, and how they moved together.

    Attributes:
        attribute: What they share besides the kind, `kernel_size` for one; `kind` where it is the kind alone. What all
            ops of a kind share makes no group of its own.
        median_change: The median of the relative changes of all of them, moved or not.
        moved: How many moved beyond their intervals.
    """

    kind: str
    attribute: str
    value: str
    entries: int
    moved: int
    median_change: float


class SnapshotDiff(Message):
    """What differs between a snapshot and another one.

    Attributes:
        like_for_like: Whether device, conditions and protocol version agree, so that a change is the device's own.
        facts: What changed in the device's state.
        median_change: The median relative change over all workloads that are in both; None where there are none.
        least_visible_change: The median of what would have been the least visible change of each.
        groups: Those of which at least half moved come first, and among them the largest median changes.
        moved: The largest changes first.
        undecided: Workloads of which one side has no interval.
    """

    before: ComparedSnapshot
    after: ComparedSnapshot
    like_for_like: bool
    facts: tuple[FactChange, ...]
    median_change: float | None
    least_visible_change: float | None
    groups: tuple[ChangeGroup, ...]
    moved: tuple[EntryChange, ...]
    unmoved: int
    undecided: int
    added: tuple[Key, ...]
    gone: tuple[Key, ...]


class HistoryPoint(Message):
    """One measurement of the workload, without its samples.

    Attributes:
        in_context: Absent for networks, and for ops that have no feeder.
    """

    measurement_id: MeasurementId
    sequence: int
    table_id: TableId
    device_state: Fingerprint
    protocol_version: int
    median_ms: float
    ci_low_ms: float
    ci_high_ms: float
    n: int
    in_context: ContextSummary | None = None
    verdict: Verdict
    leased: bool
    finished_at: AwareDatetime


class StateChange(Message):
    """Between a measurement of the page and the one before it the device went into another state."""

    sequence: int
    before: Fingerprint
    after: Fingerprint
    facts: tuple[FactChange, ...]


class History(Message):
    """A workload's measurements on a device under some conditions, the newest first, over all states of the device.

    Attributes:
        next_before: Hand it back as `before` to get older ones.
    """

    device: DeviceName
    conditions: Conditions
    workload: Key
    points: tuple[HistoryPoint, ...]
    state_changes: tuple[StateChange, ...]
    next_before: int | None


class NetworkLatency(Message):
    """What a network takes as a whole, according to one table."""

    table_id: TableId
    device: DeviceName
    conditions: Conditions
    is_current_state: bool
    provenance: Literal["measured", "imported"]
    entry: Entry


class NetworkReport(Message):
    """A network that was ever asked for, and its latency as a whole wherever it was measured."""

    key: Key
    network: NetworkSpec
    latencies: tuple[NetworkLatency, ...]
