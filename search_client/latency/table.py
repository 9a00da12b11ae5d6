"""LatencyTable: one snapshot of a device's measurements, fetched once and pinned by its id."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, Self

import torch
from torch import Tensor

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import InvalidInput, MissingEntries, TableNotFound
from latency_service.contract.keys import format_key
from latency_service.contract.messages import Additivity, Entry, ProfileRequest, Snapshot, SnapshotId, Table
from latency_service.contract.network import NetworkSpec, WorkloadKey
from latency_service.contract.ops import OpSpec, Zero
from search_client.latency.client import ServiceClient

#: How entries become what ops add to a network. `full`: by all that the snapshot's correction says. `scale`: without
#: the factors of single ops. `none`: as they are.
Correcting = Literal["full", "scale", "none"]


class LatencyTable:
    """What each op adds to a network on one device under one set of conditions.

    An anchored snapshot carries a correction, fitted to networks that were measured whole. Any other one's entries
    count as they are, and nobody knows how far their sums are from networks.

    Zero costs nothing, by definition. An op whose entry is not there, or is unfit, has no latency: asking for it is an
    error that names the profile which would measure it.

    Args:
        snapshot: What was measured.
        correcting: Other ways than the default one tell what a correction is worth.
    """

    def __init__(self, snapshot: Snapshot, correcting: Correcting = "full") -> None:
        self.snapshot = snapshot
        self.correcting = correcting
        self._correction = None if correcting == "none" else snapshot.correction
        self._own_factors = self._correction.factors if self._correction and correcting == "full" else {}
        self._entries: dict[str, Entry] = {entry.workload: entry for entry in snapshot.ops}

    @classmethod
    def fetch(
        cls,
        service: ServiceClient | str,
        *,
        device: str,
        runtime: str | None = None,
        conditions: Conditions | None = None,
        correcting: Correcting = "full",
    ) -> Self:
        """Fetch the newest snapshot of the device in its present state, under exactly these conditions.

        Args:
            service: A client, or the URL of a service that asks for no key.
            device: The device's name.
            runtime: Stands for the contract's default conditions on it: fp32, batch size 1, one thread.
            conditions: Where those are not meant; give one of the two.
            correcting: As of the class.

        Raises:
            InvalidInput: Not exactly one of runtime and conditions was given.
            TableNotFound: Nothing has been measured there yet.
            SnapshotNotFound: The table's first profile has not ended yet.
            ServiceUnavailable: The service cannot be reached.
        """
        if (runtime is None) == (conditions is None):
            raise InvalidInput("give exactly one of runtime and conditions")
        wanted = conditions or Conditions(runtime=runtime)
        if isinstance(service, ServiceClient):
            return cls(_newest_snapshot(service, device, wanted), correcting)
        with ServiceClient(service) as client:
            return cls(_newest_snapshot(client, device, wanted), correcting)

    @property
    def unit(self) -> str:
        """Of all latencies."""
        return "ms"

    @property
    def snapshot_id(self) -> SnapshotId:
        """What pins these very numbers."""
        return self.snapshot.snapshot_id

    @property
    def device(self) -> str:
        """The device's name."""
        return self.snapshot.device

    @property
    def conditions(self) -> Conditions:
        """Runtime, precision, batch size, threads and so on."""
        return self.snapshot.conditions

    @property
    def intercept(self) -> float:
        """What every network takes besides its ops, milliseconds; 0 where the correction has none."""
        return self._correction.intercept_ms if self._correction else 0.0

    @property
    def intercept_ms(self) -> float:
        """The intercept, by a name that tells its unit."""
        return self.intercept

    @property
    def is_anchored(self) -> bool:
        """Whether networks were measured beside the ops, so that something is known of networks."""
        return self.snapshot.correction is not None

    @property
    def additivity(self) -> Additivity | None:
        """Whether sums tell what networks take; None where the table is not anchored."""
        return None if self.snapshot.correction is None else self.snapshot.correction.additivity

    @property
    def network_error_percent(self) -> float | None:
        """Mean absolute error of `network_ms`, of networks that the correction was not fitted to, as a share of theirs.

        None where nobody measured it: the table is not anchored, or factors that were fitted are left aside.
        """
        correction = self.snapshot.correction
        if correction is None:
            return None
        if self.correcting == "none":
            return correction.naive.mape_percent
        is_as_fitted = self.correcting == "full" or not correction.factors
        return correction.held_out.mape_percent if is_as_fitted else None

    def of(self, ops: Sequence[OpSpec]) -> Tensor:
        """Return what the ops add to a network, in the order given: shape (len(ops),), float64, ms, no gradient.

        Raises:
            MissingEntries: Some have no fit entry; all of them are listed, with the request that would measure them.
        """
        self.require(ops)
        return torch.tensor([self._latency_ms(op) for op in ops], dtype=torch.float64)

    def require(self, ops: Iterable[OpSpec]) -> None:
        """Check that every op has a latency.

        Raises:
            MissingEntries: Some have no fit entry; all of them are listed, with the request that would measure them.
        """
        missing = [op for op in dict.fromkeys(ops) if not isinstance(op, Zero) and not self._is_fit(op)]
        if missing:
            raise self._missing_entries(missing)

    def network_ms(self, network: NetworkSpec) -> float:
        """Return what the ops add, and the intercept, milliseconds.

        Raises:
            MissingEntries: As `of`.
        """
        return self.intercept_ms + float(self.of(network.ops).sum())

    def network_ci_ms(self, network: NetworkSpec) -> tuple[float, float] | None:
        """Return the interval of `network_ms` that follows from the entries' intervals, milliseconds.

        None where an entry has no interval: an imported table's source may tell none, and a guess would be worse.

        Errors of different measured entries count as independent, and add in squares; an op that stands n times in the
        network brings the same error n times. Predicted entries err together, as whatever makes the device unlike
        others is in all of them: theirs add up. That a network's latency may differ from the sum of its ops' is not in
        it: see `network_error_percent`.

        Raises:
            MissingEntries: As `of`.
        """
        total = self.network_ms(network)
        below, above = _Reach(), _Reach()
        for op, count in Counter(network.ops).items():
            entry = self._entries[format_key(op)]
            if entry.ci_low_ms is None or entry.ci_high_ms is None:
                return None
            share = count * self._factor(entry.workload)
            below.add(entry, share * (entry.latency_ms - entry.ci_low_ms))
            above.add(entry, share * (entry.ci_high_ms - entry.latency_ms))
        return total - below.total_ms, total + above.total_ms

    def _is_fit(self, op: OpSpec) -> bool:
        entry = self._entries.get(format_key(op))
        return entry is not None and entry.verdict != "unfit"

    def _latency_ms(self, op: OpSpec) -> float:
        if isinstance(op, Zero):
            return 0.0
        entry = self._entries[format_key(op)]
        return self._factor(entry.workload) * entry.latency_ms

    def _factor(self, key: WorkloadKey) -> float:
        return self._own_factors.get(key, self._correction.scale) if self._correction else 1.0

    def _missing_entries(self, ops: Sequence[OpSpec]) -> MissingEntries:
        keys = [format_key(op) for op in ops]
        request = ProfileRequest(device=self.device, conditions=self.conditions, workloads=tuple(ops))
        return MissingEntries(
            f"snapshot {self.snapshot_id} of {self.device!r} ({self.conditions}) has no fit entry for {len(keys)} "
            f"op(s): {', '.join(keys)}; measure them with `search-client profile`, or post the profile_request here",
            missing=keys,
            profile_request=request.model_dump(mode="json"),
        )


def _newest_snapshot(client: ServiceClient, device: str, conditions: Conditions) -> Snapshot:
    return client.latest_snapshot(present_table(client, device, conditions).table_id)


class _Reach:
    """How far a sum may be off to one side, by what its entries may be."""

    def __init__(self) -> None:
        self._independent_ms, self._together_ms = 0.0, 0.0

    @property
    def total_ms(self) -> float:
        return math.hypot(self._independent_ms, self._together_ms)

    def add(self, entry: Entry, reach_ms: float) -> None:
        if entry.source == "predicted":
            self._together_ms += reach_ms
        else:
            self._independent_ms = math.hypot(self._independent_ms, reach_ms)


def present_table(client: ServiceClient, device: str, conditions: Conditions) -> Table:
    """Return the table of a device in its present state, under exactly these conditions.

    Raises:
        TableNotFound: Nothing has been measured there yet.
    """
    for table in client.tables(device=device, runtime=conditions.runtime):
        if table.is_current_state and table.conditions == conditions:
            return table
    raise TableNotFound(
        f"nothing has been measured on {device!r} in its present state under {conditions}; run `search-client profile`"
    )
