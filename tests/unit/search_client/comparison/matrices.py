"""Matrices of made-up measurements."""

from datetime import UTC, datetime

from latency_service.contract.conditions import Conditions, Precision
from latency_service.contract.messages import ProfileId, TableId
from latency_service.contract.network import WorkloadKey
from search_client.comparison.cells import Cell, Place
from search_client.comparison.matrix import Contestant, Matrix

CPU = Place(device="board", conditions=Conditions(runtime="onnxruntime"))
PHONE = Place(device="phone", conditions=Conditions(runtime="tflite", precision="int8"))


def place(device: str, runtime: str, precision: Precision = "fp32") -> Place:
    return Place(device=device, conditions=Conditions(runtime=runtime, precision=precision))


def cell(network: str, at: Place, measured_ms: float, profile: str = "p1", half_width: float = 0.01) -> Cell:
    """Return a measurement whose interval is measured_ms * (1 -+ half_width)."""
    return Cell(
        network=WorkloadKey(network),
        place=at,
        measured_ms=measured_ms,
        measured_ci_ms=(measured_ms * (1 - half_width), measured_ms * (1 + half_width)),
        verdict="ok",
        measured_at=datetime(2025, 1, 1, tzinfo=UTC),
        profile_id=ProfileId(profile),
        table_id=TableId("t"),
        predicted_ms=None,
        snapshot_id=None,
    )


def contestant(name: str, network: str, *targets: Place) -> Contestant:
    return Contestant(
        name=name, network=WorkloadKey(network), macs=10**6, parameters=1000, targets=targets, accuracy=0.5
    )


def specialised() -> Matrix:
    """Return two networks, each the fastest on its own device; on the phone the intervals overlap."""
    contestants = [contestant("for-cpu", "n1", CPU), contestant("for-phone", "n2", PHONE)]
    rows = [
        [cell("n1", CPU, 1.0), cell("n1", PHONE, 4.04)],
        [cell("n2", CPU, 1.5), cell("n2", PHONE, 4.0)],
    ]
    return Matrix.of(contestants, [CPU, PHONE], rows)
