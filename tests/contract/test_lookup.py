"""Current values, and what is said of those that are missing."""

import pytest

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import DeviceNotFound, InvalidKey, MissingEntries, TableNotFound
from latency_service.contract.messages import LatencyAnswer, ProfileRequest
from latency_service.contract.network import NetworkSpec, workload_key
from latency_service.services import lookup
from tests.contract.service import Service
from tests.service_data import CONDITIONS, ZERO, keys, op, ops


def latency(service: Service, key: str, conditions: Conditions = CONDITIONS, device: str = "board") -> LatencyAnswer:
    answer = service.database.read(lambda session: lookup.latency(session, service.tables, device, conditions, key))
    return LatencyAnswer.model_validate_json(answer)


def test_values_come_in_the_order_asked(service: Service) -> None:
    table_id = service.measure(ops(3)).table_id or ""
    wanted = [keys(3)[2], keys(3)[0], keys(3)[2]]
    assert [entry.workload for entry in service.look_up(table_id, wanted).entries] == wanted


def test_zero_costs_nothing_by_definition(service: Service) -> None:
    table_id = service.measure(ops(1)).table_id or ""
    (entry,) = service.look_up(table_id, [workload_key(ZERO)]).entries
    assert (entry.latency_ms, entry.source, entry.measurement_id) == (0, "definition", None)


def test_the_latest_value_holds(service: Service) -> None:
    service.measure([op(1)], 1.0)
    service.clock.advance(1)
    table_id = service.measure([op(1)], 2.0).table_id or ""
    assert service.look_up(table_id, keys(1)).entries[0].latency_ms == 2.0


def test_a_later_noisy_value_does_not_replace_a_good_one(service: Service) -> None:
    service.measure([op(1)], 1.0)
    service.clock.advance(1)
    table_id = service.measure([op(1)], 2.0, verdict="noisy").table_id or ""
    (entry,) = service.look_up(table_id, keys(1)).entries
    assert (entry.latency_ms, entry.verdict) == (1.0, "ok")


def test_a_noisy_value_holds_where_there_is_no_better(service: Service) -> None:
    table_id = service.measure([op(1)], 2.0, verdict="noisy").table_id or ""
    (entry,) = service.look_up(table_id, keys(1)).entries
    assert (entry.latency_ms, entry.verdict) == (2.0, "noisy")


def test_every_missing_key_is_listed_with_a_request_that_would_measure_it(service: Service) -> None:
    network = NetworkSpec(ops=(op(1), op(1)))
    table_id = service.measure([op(1)]).table_id or ""
    service.profile([network])
    wanted = [*keys(4), workload_key(network)]
    with pytest.raises(MissingEntries) as raised:
        service.look_up(table_id, wanted)
    assert raised.value.extra["missing"] == wanted[1:]
    request = ProfileRequest.model_validate(raised.value.extra["profile_request"])
    assert request.workloads == (*ops(4)[1:], network)
    assert (request.device, request.conditions) == ("board", CONDITIONS)


def test_a_network_that_nobody_described_cannot_be_asked_for(service: Service) -> None:
    table_id = service.measure([op(1)]).table_id or ""
    with pytest.raises(MissingEntries, match="with their ops") as raised:
        service.look_up(table_id, ["v1-network-000000000000000000000000"])
    assert raised.value.extra["profile_request"] is None


def test_the_advice_tells_what_the_profile_request_leaves_out(service: Service) -> None:
    table_id = service.measure([op(1)]).table_id or ""
    with pytest.raises(MissingEntries, match=r"POST profile_request .* and POST .* 1 unknown network") as raised:
        service.look_up(table_id, ["v1-network-000000000000000000000000", keys(2)[1]])
    assert raised.value.extra["profile_request"]["workloads"] == [keys(2)[1]]


@pytest.mark.parametrize("key", ["v2-nonsense", "v1-zero-nonsense"])
def test_a_key_that_is_none_is_refused(service: Service, key: str) -> None:
    table_id = service.measure([op(1)]).table_id or ""
    with pytest.raises(InvalidKey):
        service.look_up(table_id, [key])


def test_an_unknown_table_is_not_found(service: Service) -> None:
    with pytest.raises(TableNotFound):
        service.look_up("nothing", keys(1))


def test_one_latency_comes_with_its_table(service: Service) -> None:
    status = service.measure([op(1)], 3.0)
    answer = latency(service, keys(1)[0])
    assert answer.entry.latency_ms == 3.0
    assert answer.table.table_id == status.table_id
    assert answer.table.is_current_state


def test_a_value_of_an_earlier_state_is_missing_in_the_present_one(service: Service) -> None:
    service.measure([op(1)])
    service.register(governor="powersave")
    with pytest.raises(MissingEntries):
        latency(service, keys(1)[0])


def test_zero_of_a_table_that_does_not_exist_is_not_found(service: Service) -> None:
    with pytest.raises(TableNotFound, match="nothing was measured yet on board, as it is now, under torch"):
        latency(service, workload_key(ZERO), Conditions(runtime="torch"))


def test_the_latency_of_an_unknown_device_is_not_found(service: Service) -> None:
    with pytest.raises(DeviceNotFound):
        latency(service, keys(1)[0], device="nobody")
