"""A service whose device has true op times: audits are tested on it, for the tests know the truth about networks."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta

import httpx

from latency_service.contract.measurement import Verdict
from latency_service.contract.messages import (
    Correction,
    Entry,
    JobFailure,
    MeasurementRow,
    NetworkError,
    ProfileCreated,
    ProfileRequest,
    ProfileStatus,
    Snapshot,
    SnapshotId,
)
from latency_service.contract.network import NetworkSpec, WorkloadKey, workload_key
from latency_service.contract.ops import OpSpec
from search_client.audit.predictors import predict
from search_client.spaces.space import SearchSpace
from tests.unit.search_client.fake_service import NOW, FakeService
from tests.unit.search_client.small_space import entry, made_up_ms, snapshot

#: In a network an op takes so many times what it takes alone.
CONTEXT = 1.3


class SimulatedService(FakeService):
    """Each session runs at a speed of its own, and each measurement has noise; anchors make a scale.

    Attributes:
        drifts: The speed of each session; 1 from there on.
        noises: Relative standard deviation of a network's measurement in each session; 0 from there on.
        fits: Whether anchors become a correction.
        verdict: Of what is measured from now on.
        cancels: Whether profiles end without having measured.
        fails: Networks that cannot be measured.
    """

    def __init__(self, space: SearchSpace, drifts: Sequence[float] = (), noises: Sequence[float] = ()) -> None:
        super().__init__(snapshot(*map(_entry, space.ops())))
        self.drifts = drifts
        self.noises = noises
        self.fits = True
        self.verdict: Verdict = "ok"
        self.cancels = False
        self.fails: set[str] = set()
        self.now = NOW
        self.before_look: Callable[[], None] = lambda: None
        self.snapshots = {self.snapshot.snapshot_id: self.snapshot}
        self._rng = random.Random(0)
        self._routes[r"GET /v1/snapshots/.*"] = self._snapshot_by_id
        del self._routes[rf"GET /v1/snapshots/{self.snapshot.snapshot_id}"]

    def _create_profile(self, request: httpx.Request) -> ProfileCreated:
        self.now += timedelta(hours=1)
        self.profile = ProfileRequest.model_validate_json(request.content)
        self.profiles.append(self.profile)
        self._looks = 0
        asked = (*self.profile.workloads, *self.profile.anchors)
        if not self.cancels:
            for workload in asked:
                self._measure(workload)
            self.refit(self.profile.anchors)
        return ProfileCreated(profile_id="p1", measured=(), queued=tuple(map(workload_key, asked)))

    def _profile_status(self, request: httpx.Request) -> ProfileStatus:
        self.before_look()
        status = super()._profile_status(request)
        changes: dict[str, object] = {
            "created_at": self.now,
            "finished_at": self.now if status.state == "done" else None,
        }
        if self.cancels:
            changes |= {"state": "cancelled", "table_id": None, "snapshot_id": None, "finished_at": self.now}
        failures = [
            JobFailure(workload=WorkloadKey(key), error_class="crashed", message="boom", attempts=3)
            for key in sorted(self.fails)
        ]
        return status.model_copy(update={**changes, "failures": tuple(failures)})

    def _snapshot_by_id(self, request: httpx.Request) -> Snapshot:
        return self.snapshots[SnapshotId(request.url.path.rpartition("/")[2])]

    def _measure(self, workload: OpSpec | NetworkSpec) -> None:
        assert isinstance(workload, NetworkSpec)
        drift, noise = self._of_session(self.drifts, 1.0), self._of_session(self.noises, 0.0)
        key = workload_key(workload)
        if key not in self.fails:
            self.latencies[key] = drift * true_ms(workload) * self._rng.gauss(1.0, noise)
            self._rows.append(self._row(key))

    def _of_session(self, values: Sequence[float], otherwise: float) -> float:
        return values[len(self.profiles) - 1] if len(self.profiles) <= len(values) else otherwise

    def _row(self, key: str) -> MeasurementRow:
        changes = {"received_at": self.now, "verdict": self.verdict}
        return super()._row(key).model_copy(update=changes)

    def refit(self, anchors: Sequence[NetworkSpec]) -> None:
        """Fit a scale to what anchors were measured at, and cut a snapshot."""
        if not anchors or not self.fits:
            return
        ratios = [
            self.latencies[workload_key(anchor)] / predict(self.snapshot, anchor, None, None)["in_context"]
            for anchor in anchors
        ]
        error = NetworkError(mape_percent=1.0, rmse_ms=0.1, kendall=0.9)
        correction = Correction(
            method="scale",
            scale=sum(ratios) / len(ratios),
            anchors=tuple(workload_key(anchor) for anchor in anchors),
            held_out=error,
            naive=error,
            additivity="additive",
        )
        name = SnapshotId(f"snapshot-{len(self.snapshots) + 1}")
        self.snapshot = self.snapshot.model_copy(update={"snapshot_id": name, "correction": correction})
        self.snapshots[name] = self.snapshot


def true_ms(network: NetworkSpec) -> float:
    """Return what a network takes at speed 1."""
    return sum(CONTEXT * made_up_ms(op) for op in network.ops)


def _entry(op: OpSpec) -> Entry:
    """Return an entry that is right in context, and alone too fast."""
    return entry(op, CONTEXT * made_up_ms(op)).model_copy(
        update={"placement": "in_context", "isolated_ms": made_up_ms(op)}
    )
