"""A search space that runs in a millisecond, and a made-up table of it: what the search client's tests share."""

from collections.abc import Callable

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import Fingerprint
from latency_service.contract.keys import format_key
from latency_service.contract.measurement import Verdict
from latency_service.contract.messages import Entry, Snapshot, SnapshotId, TableId
from latency_service.contract.network import WorkloadKey
from latency_service.contract.ops import Classifier, ConvBnAct, OpSpec, Shape
from search_client.latency.table import LatencyTable
from search_client.spaces.mbconv_stages import Stage, searched_blocks, takes
from search_client.spaces.space import SearchSpace


def small_space() -> SearchSpace:
    """Return a space of three blocks on 8x8 images; the second and third can be dropped."""
    stem = ConvBnAct(**takes(Shape(8, 8, 3)), out_channels=4, kernel_size=3, stride=2)
    blocks = searched_blocks(stem.output_shape, [Stage(6, 3, 1)])
    classifier = Classifier(**takes(blocks[-1].output_shape), num_classes=3)
    return SearchSpace("small", {}, 8, 3, (stem,), blocks, (classifier,))


def made_up_ms(op: OpSpec) -> float:
    """Return a latency that grows with the op's work, never 0."""
    return 0.01 + op.macs / 1e6


def entry(op: OpSpec, latency_ms: float, relative_ci: float = 0.02, verdict: Verdict = "ok") -> Entry:
    """Return the entry of an op with an interval of latency_ms * (1 -+ relative_ci)."""
    return Entry(
        workload=WorkloadKey(format_key(op)),
        latency_ms=latency_ms,
        ci_low_ms=latency_ms * (1 - relative_ci),
        ci_high_ms=latency_ms * (1 + relative_ci),
        n=50,
        verdict=verdict,
        measured_at=None,
        measurement_id=None,
    )


def snapshot(*entries: Entry) -> Snapshot:
    """Return a snapshot of ops."""
    return Snapshot(
        snapshot_id=SnapshotId("snapshot-1"),
        table_id=TableId("table-1"),
        device="board",
        device_state=Fingerprint("0123456789abcdef"),
        conditions=Conditions(runtime="onnxruntime"),
        protocol_version=1,
        ops=entries,
        networks=(),
    )


def table_of(space: SearchSpace, latency_ms: Callable[[OpSpec], float] = made_up_ms) -> LatencyTable:
    """Return a table that holds every op of a space."""
    return LatencyTable(snapshot(*(entry(op, latency_ms(op)) for op in space.ops())))
