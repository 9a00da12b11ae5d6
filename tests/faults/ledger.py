"""Ledger: what became of a profile's workloads, as the service tells it over REST."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from latency_service.contract.messages import MeasurementRow, ProfileStatus, TableId
from latency_service.contract.network import WorkloadKey
from search_client.latency.client import ServiceClient


@dataclass(frozen=True)
class Ledger:
    """The account of a profile that is done and whose workloads no other profile has asked for.

    Attributes:
        lost: Workloads that are neither in the snapshot nor among the failures.
        failed: Workloads that have ended without a timing.
        twice: Workloads of which two usable results were counted as the end of an attempt.
        late: Measurements that came after their lease had ended, and were kept as observations.
        result_ids: Of all measurements, as the agents chose them.
    """

    lost: tuple[WorkloadKey, ...]
    failed: tuple[WorkloadKey, ...]
    twice: tuple[WorkloadKey, ...]
    late: int
    result_ids: frozenset[str]


def read_ledger(client: ServiceClient, status: ProfileStatus, wanted: tuple[WorkloadKey, ...]) -> Ledger:
    """Return the account of a profile of the workloads `wanted`."""
    assert status.snapshot_id is not None, "a profile that is done has a snapshot"
    snapshot = client.snapshot(status.snapshot_id)
    entries = Counter(entry.workload for entry in (*snapshot.ops, *snapshot.networks))
    failed = tuple(failure.workload for failure in status.failures)
    counted: Counter[tuple[TableId, WorkloadKey]] = Counter()
    rows = tuple(_measurements(client, status.device))
    for row in rows:
        counted[row.table_id, row.workload] += row.leased and row.verdict != "unfit"
    twice = {workload for (_, workload), times in counted.items() if times > 1}
    twice |= {workload for workload, times in entries.items() if times > 1}
    return Ledger(
        lost=tuple(workload for workload in wanted if workload not in entries and workload not in failed),
        failed=failed,
        twice=tuple(sorted(twice)),
        late=sum(not row.leased for row in rows),
        result_ids=frozenset(row.measurement_id for row in rows),
    )


def _measurements(client: ServiceClient, device: str) -> Iterator[MeasurementRow]:
    for table in client.tables(device=device):
        after: int | None = 0
        while after is not None:
            page = client.measurements(table.table_id, after=after)
            yield from page.measurements
            after = page.next_after
