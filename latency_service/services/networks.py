"""Networks: what a network takes as a whole, wherever it was measured."""

from sqlalchemy.orm import Session

from latency_service.contract.errors import WorkloadNotFound
from latency_service.contract.messages import NetworkLatency, NetworkReport
from latency_service.contract.network import NetworkSpec, WorkloadKey
from latency_service.repositories import entries, workloads
from latency_service.services import catalogue
from latency_service.services.entries import current_entries


def report(session: Session, key: str) -> NetworkReport:
    """Return a network and its latency in every table that has one, those of present states first.

    Raises:
        WorkloadNotFound: No profile has ever asked for a network of that key.
    """
    network = workloads.find(session, [key]).get(key)
    if not isinstance(network, NetworkSpec):
        raise WorkloadNotFound(f"no network has the key {key!r}; POST a profile of it to /v1/profiles")
    tables = catalogue.tables_by_id(session, entries.tables_with(session, key))
    latencies = tuple(
        NetworkLatency(
            table_id=table.table_id,
            device=table.device,
            conditions=table.conditions,
            is_current_state=table.is_current_state,
            provenance=table.provenance,
            entry=current_entries(session, table.table_id, [key])[key],
        )
        for table in tables
    )
    return NetworkReport(key=WorkloadKey(key), network=network, latencies=latencies)
