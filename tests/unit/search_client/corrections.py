"""Corrections made up for tests of what is done with them."""

from typing import Any

from latency_service.contract.keys import format_key
from latency_service.contract.messages import Correction, NetworkError, Snapshot
from latency_service.contract.network import WorkloadKey
from latency_service.contract.ops import OpSpec
from search_client.spaces.space import SearchSpace

HELD_OUT_PERCENT, NAIVE_PERCENT = 1.23, 8.5


def correction(**members: Any) -> Correction:
    """Return one scale of 1.1, held out 1.23 % off."""
    told: dict[str, Any] = {
        "method": "class_and_op" if members.get("factors") else "scale",
        "scale": 1.1,
        "anchors": tuple(f"v1-network-{index:024x}" for index in range(10)),
        "held_out": NetworkError(mape_percent=HELD_OUT_PERCENT, rmse_ms=0.1, kendall=0.9),
        "naive": NetworkError(mape_percent=NAIVE_PERCENT, rmse_ms=0.7, kendall=0.8),
        "noise_floor_percent": 0.7,
        "additivity": "additive",
    }
    return Correction.model_validate(told | members)


def own_factors(space: SearchSpace) -> dict[str, float]:
    """Return a factor of its own, from 0.6 to 1.6, of every other op of a space."""
    ops = space.ops()[::2]
    return {format_key(op): 0.6 + index / len(ops) for index, op in enumerate(ops)}


def corrected_ms(made: Correction, op: OpSpec, latency_ms: float) -> float:
    """Return what an op adds to a network by a correction, worked out anew."""
    return latency_ms * made.factors.get(WorkloadKey(format_key(op)), made.scale)


def corrected(snapshot: Snapshot, **members: Any) -> Snapshot:
    """Return a snapshot with such a correction."""
    return snapshot.model_copy(update={"correction": correction(**members)})
