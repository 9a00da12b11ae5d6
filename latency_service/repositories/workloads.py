"""Workloads that were ever asked for."""

from collections.abc import Iterable, Mapping
from operator import itemgetter

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from latency_service.contract.messages import WorkloadOnWire
from latency_service.contract.network import NetworkSpec, Workload
from latency_service.repositories.bulk import among, chunks, insert_all
from latency_service.tables import Workload as WorkloadRow

_WIRE: TypeAdapter[Workload] = TypeAdapter(WorkloadOnWire)


def ensure(session: Session, workloads: Mapping[str, Workload]) -> None:
    """Add the workloads that are new, by key."""
    known = set(session.scalars(select(WorkloadRow.key).where(among(session, WorkloadRow.key, workloads))))
    # In one order: two that bring the same new workloads would wait for each other in a circle otherwise.
    rows = [
        {"key": key, "kind": _kind(workload), "spec": _WIRE.dump_python(workload, mode="json")}
        for key, workload in sorted(workloads.items(), key=itemgetter(0))
        if key not in known
    ]
    insert_all(session, WorkloadRow, rows, skip_present=True)


def find(session: Session, keys: Iterable[str]) -> dict[str, Workload]:
    """Return the workloads among the keys that are known."""
    found: dict[str, Workload] = {}
    for chunk in chunks(keys):
        rows = session.execute(select(WorkloadRow.key, WorkloadRow.spec).where(WorkloadRow.key.in_(chunk)))
        found.update((key, _WIRE.validate_python(spec)) for key, spec in rows)
    return found


def _kind(workload: Workload) -> str:
    return "network" if isinstance(workload, NetworkSpec) else workload.kind
