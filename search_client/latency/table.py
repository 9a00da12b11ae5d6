"""LatencyTable: one snapshot of a device's measurements, fetched once and pinned by its id."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Self

import torch
from torch import Tensor

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import InvalidInput, MissingEntries, TableNotFound
from latency_service.contract.keys import format_key
from latency_service.contract.messages import Entry, ProfileRequest, Snapshot, SnapshotId
from latency_service.contract.network import NetworkSpec
from latency_service.contract.ops import OpSpec, Zero
from search_client.latency.client import ServiceClient


class LatencyTable:
    """What each op costs on one device under one set of conditions.

    Zero costs nothing, by definition. An op whose entry is not there, or is unfit, has no latency: asking for it is an
    error that names the profile which would measure it.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._entries: dict[str, Entry] = {entry.workload: entry for entry in snapshot.ops}

    @classmethod
    def fetch(
        cls,
        service: ServiceClient | str,
        *,
        device: str,
        runtime: str | None = None,
        conditions: Conditions | None = None,
    ) -> Self:
        """Fetch the newest snapshot of the device in its present state, under exactly these conditions.

        Args:
            service: A client, or the URL of a service that asks for no key.
            device: The device's name.
            runtime: Stands for the contract's default conditions on it: fp32, batch size 1, one thread.
            conditions: Where those are not meant; give one of the two.

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
            return cls(_newest_snapshot(service, device, wanted))
        with ServiceClient(service) as client:
            return cls(_newest_snapshot(client, device, wanted))

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

    def of(self, ops: Sequence[OpSpec]) -> Tensor:
        """Return the ops' latencies in the order given: shape (len(ops),), float64, milliseconds, no gradient.

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
        """Return the sum of the ops' latencies, milliseconds.

        Raises:
            MissingEntries: As `of`.
        """
        return float(self.of(network.ops).sum())

    def network_ci_ms(self, network: NetworkSpec) -> tuple[float, float] | None:
        """Return the interval of `network_ms` that follows from the entries' intervals, milliseconds.

        None where an entry has no interval: an imported table's source may tell none, and a guess would be worse.

        Errors of different entries count as independent, and add in squares; an op that stands n times in the network
        brings the same error n times. That a network's latency may differ from the sum of its ops' is not in it.

        Raises:
            MissingEntries: As `of`.
        """
        total = self.network_ms(network)
        below, above = [], []
        for op, count in Counter(network.ops).items():
            entry = self._entries[format_key(op)]
            if entry.ci_low_ms is None or entry.ci_high_ms is None:
                return None
            below.append(count * (entry.latency_ms - entry.ci_low_ms))
            above.append(count * (entry.ci_high_ms - entry.latency_ms))
        return total - math.hypot(*below), total + math.hypot(*above)

    def _is_fit(self, op: OpSpec) -> bool:
        entry = self._entries.get(format_key(op))
        return entry is not None and entry.verdict != "unfit"

    def _latency_ms(self, op: OpSpec) -> float:
        return 0.0 if isinstance(op, Zero) else self._entries[format_key(op)].latency_ms

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
    for table in client.tables(device=device, runtime=conditions.runtime):
        if table.is_current_state and table.conditions == conditions:
            return client.latest_snapshot(table.table_id)
    raise TableNotFound(
        f"nothing has been measured on {device!r} in its present state under {conditions}; run `search-client profile`"
    )
