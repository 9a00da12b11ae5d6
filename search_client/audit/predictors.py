"""Predictors: four ways from a snapshot to a network's latency, from the plainest to all that the snapshot knows."""

from collections.abc import Mapping, Sequence
from typing import Literal

from latency_service.contract.keys import format_key
from latency_service.contract.messages import Correction, Entry, Snapshot
from latency_service.contract.network import NetworkSpec

#: `isolated`: the sum of what the ops take alone. `in_context`: of the table's entries as they are. `scale`: of these
#: times one number. `full`: as the snapshot's correction has it, by ops' own factors and with its intercept, where it
#: has them.
Predictor = Literal["isolated", "in_context", "scale", "full"]

LABELS: Mapping[Predictor, str] = {
    "isolated": "sum of isolated values",
    "in_context": "sum of the table's entries",
    "scale": "one scale",
    "full": "full correction",
}


def predict(
    snapshot: Snapshot, network: NetworkSpec, scale: float | None, correction: Correction | None
) -> dict[Predictor, float]:
    """Return what each predictor says of a network, milliseconds.

    Args:
        snapshot: Has an entry for each of the network's ops.
        network: What is predicted.
        scale: As `fit_scale` has it; None leaves that predictor out. That of the correction would be no match for it:
            among ops' own factors it stands for the other ops alone.
        correction: The snapshot's; None leaves `full` out.
    """
    entries = _entries(snapshot, network)
    predicted: dict[Predictor, float] = {
        "isolated": sum(_isolated_ms(entry) for entry in entries),
        "in_context": sum(entry.latency_ms for entry in entries),
    }
    if scale is not None:
        predicted["scale"] = scale * predicted["in_context"]
    if correction is not None:
        added = sum(_factor(correction, entry) * entry.latency_ms for entry in entries)
        predicted["full"] = correction.intercept_ms + added
    return predicted


def fit_scale(snapshot: Snapshot, anchors: Sequence[tuple[NetworkSpec, float]]) -> float | None:
    """Return the one number that makes sums of entries latencies: least relative squares; None without anchors.

    Args:
        snapshot: Has an entry for each of their ops.
        anchors: Networks, with what they were measured at in the session that is predicted, milliseconds.
    """
    shares = [sum(entry.latency_ms for entry in _entries(snapshot, spec)) / measured for spec, measured in anchors]
    # d/ds of the sum of (s * share - 1)^2 is zero there.
    return sum(shares) / sum(share**2 for share in shares) if any(shares) else None


def _entries(snapshot: Snapshot, network: NetworkSpec) -> list[Entry]:
    by_key: Mapping[str, Entry] = {entry.workload: entry for entry in snapshot.ops}
    return [by_key[format_key(op)] for op in network.ops]


def _isolated_ms(entry: Entry) -> float:
    return entry.latency_ms if entry.isolated_ms is None else entry.isolated_ms


def _factor(correction: Correction, entry: Entry) -> float:
    return correction.factors.get(entry.workload, correction.scale)
