"""What the tables of a search say of the network that it derived."""

from collections.abc import Sequence

from search_client.architecture import Architecture
from search_client.latency.objective import Objective
from search_client.latency.table import LatencyTable
from search_client.training.result import CostPromise, Promise


def latency_promises(
    tables: Sequence[LatencyTable], objective: Objective, architecture: Architecture
) -> tuple[Promise, ...]:
    """Return the network's latency by each table; the objective's first terms are theirs."""
    network, met = architecture.network(), objective.met(architecture.choices)
    return tuple(
        Promise(
            device=table.device,
            conditions=table.conditions,
            snapshot_id=table.snapshot_id,
            target_ms=term.target,
            target_met=is_met,
            predicted_ms=table.network_ms(network),
            predicted_ci_ms=table.network_ci_ms(network),
            network_error_percent=table.network_error_percent,
            transfer=table.snapshot.transfer,
        )
        for table, term, is_met in zip(tables, objective.terms, met, strict=False)
    )


def cost_promises(num_latencies: int, objective: Objective, architecture: Architecture) -> tuple[CostPromise, ...]:
    """Return what the network costs by the terms behind those of the latencies."""
    met, costs = objective.met(architecture.choices), objective.costs(architecture.choices)
    rows = list(zip(objective.terms, met, costs, strict=True))[num_latencies:]
    return tuple(
        CostPromise(label=term.label, unit=term.cost.unit, target=term.target, target_met=is_met, predicted=cost)
        for term, is_met, cost in rows
    )
