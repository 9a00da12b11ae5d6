"""Differences: the ops that take another time in a network than alone."""

from pydantic import BaseModel, ConfigDict

from latency_service.contract.messages import Snapshot
from latency_service.contract.network import WorkloadKey

SHOWN = 10


class PlacementDifference(BaseModel):
    """An op that was timed in both placements."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    op: WorkloadKey
    isolated_ms: float
    in_context_ms: float

    @property
    def difference_ms(self) -> float:
        """By how much it adds more to a network than it takes alone; negative where it adds less."""
        return self.in_context_ms - self.isolated_ms


def largest_differences(snapshot: Snapshot, count: int = SHOWN) -> tuple[PlacementDifference, ...]:
    """Return the ops whose placements differ most, in milliseconds: these move sums of ops most, the first one most.

    Ops that a snapshot knows alone only are not among them.
    """
    found = [
        PlacementDifference(op=entry.workload, isolated_ms=entry.isolated_ms, in_context_ms=entry.latency_ms)
        for entry in snapshot.ops
        if entry.placement == "in_context" and entry.isolated_ms is not None
    ]
    return tuple(sorted(found, key=lambda each: (-abs(each.difference_ms), each.op))[:count])
