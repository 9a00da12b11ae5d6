import json
import math

import httpx
import pytest

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import Fingerprint
from latency_service.contract.errors import MissingEntries, TableNotFound
from latency_service.contract.keys import format_key
from latency_service.contract.messages import ProfileRequest, SnapshotId, Table, TableId, TableList
from latency_service.contract.network import NetworkSpec
from latency_service.contract.ops import Identity, MaxPool, Zero
from search_client.latency.client import ServiceClient
from search_client.latency.table import LatencyTable
from tests.unit.search_client.small_space import entry, made_up_ms, small_space, snapshot, table_of

SIZE = {"input_height": 4, "input_width": 4, "in_channels": 8}
ZERO, IDENTITY, POOL = Zero(**SIZE), Identity(**SIZE), MaxPool(**SIZE, kernel_size=3)
POOL_5 = MaxPool(**SIZE, kernel_size=5)


def test_latencies_come_in_the_order_asked_and_zero_costs_nothing() -> None:
    table = LatencyTable(snapshot(entry(IDENTITY, 0.25), entry(POOL, 1.5)))
    assert table.of([POOL, ZERO, IDENTITY, POOL]).tolist() == [1.5, 0.0, 0.25, 1.5]


def test_every_missing_key_is_listed_once_with_the_request_that_would_measure_it() -> None:
    table = LatencyTable(snapshot(entry(Identity(input_height=1, input_width=1, in_channels=1), 1.0)))
    with pytest.raises(MissingEntries) as raised:
        table.of([POOL, ZERO, IDENTITY, POOL])
    keys = [format_key(POOL), format_key(IDENTITY)]
    assert raised.value.extra["missing"] == keys
    assert all(key in str(raised.value) for key in keys)
    request = ProfileRequest.model_validate_json(json.dumps(raised.value.extra["profile_request"]))
    assert request.workloads == (POOL, IDENTITY)
    assert (request.device, request.conditions) == ("board", table.conditions)


def test_an_unfit_entry_counts_as_missing_and_a_noisy_one_does_not() -> None:
    table = LatencyTable(snapshot(entry(IDENTITY, 0.25, verdict="unfit"), entry(POOL, 1.5, verdict="noisy")))
    assert table.of([POOL]).tolist() == [1.5]
    with pytest.raises(MissingEntries):
        table.network_ms(NetworkSpec(ops=(IDENTITY,)))


def test_a_network_costs_the_sum_of_its_ops() -> None:
    space = small_space()
    network = space.network((1, 6, 2))
    assert table_of(space).network_ms(network) == pytest.approx(sum(map(made_up_ms, network.ops)))


def test_the_interval_of_a_sum_adds_errors_in_squares_and_a_repeated_op_brings_the_same_error_again() -> None:
    table = LatencyTable(snapshot(entry(IDENTITY, 1.0, relative_ci=0.3), entry(POOL, 2.0, relative_ci=0.1)))
    interval_ms = table.network_ci_ms(NetworkSpec(ops=(IDENTITY, IDENTITY, POOL)))
    half_width = math.hypot(2 * 0.3, 0.2)
    assert interval_ms == pytest.approx((4.0 - half_width, 4.0 + half_width))


def test_predicted_entries_err_together_and_measured_ones_on_their_own() -> None:
    guessed = [entry(op, 1.0, relative_ci=0.3).model_copy(update={"source": "predicted"}) for op in (IDENTITY, POOL_5)]
    table = LatencyTable(snapshot(*guessed, entry(POOL, 2.0, relative_ci=0.1)))
    interval_ms = table.network_ci_ms(NetworkSpec(ops=(IDENTITY, POOL_5, POOL_5, POOL)))
    half_width = math.hypot(0.3 + 2 * 0.3, 0.2)
    assert interval_ms == pytest.approx((5.0 - half_width, 5.0 + half_width))


def test_a_sum_over_an_entry_without_an_interval_has_none() -> None:
    imported = entry(POOL, 2.0).model_copy(update={"ci_low_ms": None, "ci_high_ms": None, "source": "imported"})
    table = LatencyTable(snapshot(entry(IDENTITY, 1.0), imported))
    assert table.network_ci_ms(NetworkSpec(ops=(IDENTITY, POOL))) is None
    assert table.network_ci_ms(NetworkSpec(ops=(IDENTITY,))) is not None


def test_the_table_tells_what_it_is_pinned_to() -> None:
    table = table_of(small_space())
    assert (table.snapshot_id, table.device, table.conditions.runtime) == ("snapshot-1", "board", "onnxruntime")


def table_message(table_id: str, conditions: Conditions, is_current_state: bool = True) -> Table:
    return Table(
        table_id=TableId(table_id),
        device="board",
        device_state=Fingerprint("0123456789abcdef"),
        is_current_state=is_current_state,
        conditions=conditions,
        protocol_version=1,
        entries=1,
        latest_snapshot_id=SnapshotId("snapshot-1"),
    )


def service_with(*tables: Table) -> ServiceClient:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/tables":
            return httpx.Response(200, text=TableList(tables=tables).model_dump_json())
        assert request.url.path == "/v1/tables/wanted/snapshots/latest"
        return httpx.Response(200, text=snapshot(entry(POOL, 1.5)).model_dump_json())

    return ServiceClient("http://service", transport=httpx.MockTransport(answer))


def test_fetch_takes_the_table_of_the_present_state_under_exactly_these_conditions() -> None:
    conditions = Conditions(runtime="onnxruntime", threads=2)
    tables = (
        table_message("two-threads-cold", conditions.model_copy(update={"cache_state": "cold"})),
        table_message("former-state", conditions, is_current_state=False),
        table_message("wanted", conditions),
    )
    assert LatencyTable.fetch(service_with(*tables), device="board", conditions=conditions).of([POOL]).tolist() == [1.5]


def test_a_fetched_table_asks_nobody_any_more() -> None:
    conditions = Conditions(runtime="onnxruntime")
    with service_with(table_message("wanted", conditions)) as client:
        table = LatencyTable.fetch(client, device="board", conditions=conditions)
    with pytest.raises(RuntimeError, match="closed"):
        client.devices()
    assert table.of([POOL, ZERO]).tolist() == [1.5, 0.0]
    with pytest.raises(MissingEntries):
        table.require([IDENTITY])


def test_fetch_says_what_to_do_where_nothing_has_been_measured_under_these_conditions() -> None:
    other = table_message("other", Conditions(runtime="onnxruntime", threads=2))
    with pytest.raises(TableNotFound, match="search-client profile"):
        LatencyTable.fetch(service_with(other), device="board", runtime="onnxruntime")
