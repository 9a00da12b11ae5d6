import orjson
import pytest

from latency_service.contract.device import Fingerprint
from latency_service.contract.keys import format_key
from latency_service.contract.messages import SnapshotId, Table, TableId
from latency_service.contract.network import WorkloadKey
from latency_service.modelling.limits import TooFewRows
from latency_service.services.table_models import TableModels
from latency_service.services.warm_tables import WarmTable
from tests.service_data import CONDITIONS, DEVICE
from tests.simulated_ops import block, blocks, true_ms

STEM = "v1-conv_bn_act-{0}x{0}x3-out16-k3-s2-g1-relu6"
LACKING = format_key(block(10, 20, 5, 3))


def table(snapshot_id: str = "snapshot") -> WarmTable:
    told = Table(
        table_id=TableId("table"),
        device=DEVICE,
        device_state=Fingerprint("0123456789abcdef"),
        is_current_state=True,
        conditions=CONDITIONS,
        protocol_version=2,
        entries=0,
        latest_snapshot_id=SnapshotId(snapshot_id),
    )
    return WarmTable(told, b"")


def entry(key: str, latency_ms: float, **members: str) -> tuple[str, bytes]:
    return key, orjson.dumps({"workload": key, "latency_ms": latency_ms, "source": "measured", **members})


def measured(**members: str) -> dict[str, bytes]:
    """Return the entries of blocks, and of stems, which have no feeder."""
    stems = (entry(STEM.format(size), size * size * 1e-5, placement="isolated") for size in (96, 128, 160, 224))
    return dict([*stems, *(entry(format_key(op), true_ms(op), **members) for op in blocks())])


def test_what_is_predicted_stands_where_the_tables_ops_do() -> None:
    model = TableModels(2**24).of(table(), measured(placement="in_context"))
    found = model.predict([LACKING, STEM.format(192)])
    assert [each.placement for each in found.values()] == ["in_context", "isolated"]


@pytest.mark.parametrize("members", [{}, {"placement": "isolated"}])
def test_a_table_of_isolated_ops_predicts_isolated_ones(members: dict[str, str]) -> None:
    (found,) = TableModels(2**24).of(table(), measured(**members)).predict([LACKING]).values()
    assert found.placement == "isolated"


def test_neither_networks_nor_what_is_true_by_definition_are_learned_from() -> None:
    others = dict(
        [
            entry("v1-network-0123456789abcdef01234567", 100.0),
            entry("v1-zero-8x8x4", 0.0, source="definition"),
        ]
    )
    plain, mixed = (TableModels(2**24).of(table(), entries) for entries in (measured(), measured() | others))
    assert mixed.predict([LACKING]) == plain.predict([LACKING])
    with pytest.raises(TooFewRows, match=r"0 op\(s\)"):
        TableModels(2**24).of(table(), others)


def test_each_snapshot_has_a_model_of_its_own() -> None:
    models = TableModels(2**24)
    first, again = (models.of(table(), measured()) for _ in range(2))
    assert again is first
    assert models.of(table("another"), measured()) is not first


def test_why_an_op_cannot_be_predicted_is_said() -> None:
    model = TableModels(2**24).of(table(), measured())
    assert model.why_not(LACKING) is None
    assert model.why_not("v1-classifier-7x7x1280-out1000") == "the table has no classifier"
    assert model.why_not(WorkloadKey("v1-network-0123456789abcdef01234567")) is not None
