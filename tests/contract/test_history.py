"""How an op's latency on a device went, through all the states that the device was in."""

import pytest
from sqlalchemy import text

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import DeviceNotFound, InvalidKey
from latency_service.contract.messages import History
from latency_service.contract.network import NetworkSpec, workload_key
from latency_service.engines import is_sqlite
from latency_service.repositories import devices, measurements
from latency_service.repositories.conditions import conditions_id
from latency_service.services import history
from tests.contract.service import Service
from tests.service_data import CONDITIONS, DEVICE, keys, op, ops

KEY = keys(1)[0]


def shown(
    service: Service, key: str = KEY, before: int | None = None, limit: int = 100, conditions: Conditions = CONDITIONS
) -> History:
    return service.database.read(lambda session: history.history(session, DEVICE, conditions, key, before, limit))


def test_every_measurement_is_told_the_newest_first(service: Service) -> None:
    service.measure(ops(2), 1.0)
    service.measure(ops(2), 9.0, "unfit")
    service.measure(ops(2), 1.2, "noisy")
    points = shown(service).points
    assert [point.median_ms for point in points] == [1.2, *[9.0] * 3, 1.0]
    assert [point.verdict for point in points] == ["noisy", *["unfit"] * 3, "ok"]
    assert all(point.ci_low_ms < point.median_ms < point.ci_high_ms for point in points)
    assert {point.leased for point in points} == {True}


def test_the_history_goes_on_through_all_states_and_tells_what_changed_between_them(service: Service) -> None:
    for governor in ("performance", "powersave", "performance"):
        service.register(governor=governor)
        service.measure([op(1)])
    told = shown(service)
    third, second, first = told.points
    assert first.device_state == third.device_state != second.device_state
    assert first.table_id == third.table_id != second.table_id
    back, away = told.state_changes
    assert (back.sequence, away.sequence) == (third.sequence, second.sequence)
    assert (away.before, away.after) == (first.device_state, second.device_state)
    assert [(fact.fact, fact.before, fact.after) for fact in away.facts] == [("governor", "performance", "powersave")]
    assert [(fact.before, fact.after) for fact in back.facts] == [("powersave", "performance")]


def test_pages_follow_each_other_and_lose_no_change_of_state_between_them(service: Service) -> None:
    for governor in ("performance", "powersave"):
        service.register(governor=governor)
        service.measure([op(1)])
    newest = shown(service, limit=1)
    assert len(newest.state_changes) == 1
    oldest = shown(service, before=newest.next_before, limit=1)
    assert (len(newest.points), len(oldest.points), oldest.next_before) == (1, 1, None)
    assert oldest.points[0].sequence < newest.points[0].sequence
    assert oldest.state_changes == ()


def test_other_ops_and_other_conditions_are_left_out(service: Service) -> None:
    service.measure(ops(2))
    assert len(shown(service).points) == 1
    assert shown(service, conditions=Conditions(runtime="onnxruntime", threads=2)).points == ()


def test_a_network_has_a_history_too(service: Service) -> None:
    network = NetworkSpec(ops=(op(1), op(1)))
    service.measure([network], 7.0)
    assert [point.median_ms for point in shown(service, workload_key(network)).points] == [7.0]


def test_what_was_never_measured_has_an_empty_history(service: Service) -> None:
    told = shown(service)
    assert (told.points, told.state_changes, told.next_before) == ((), (), None)


def test_neither_an_unknown_device_nor_a_broken_key_has_one(service: Service) -> None:
    with pytest.raises(InvalidKey):
        shown(service, "v1-nonsense")
    with pytest.raises(DeviceNotFound), service.database.reading() as session:
        history.history(session, "nobody", CONDITIONS, KEY, None, 1)


def test_a_history_is_found_by_an_index_and_not_by_reading_all_measurements(service: Service) -> None:
    service.measure(ops(2))
    with service.database.reading() as session:
        device_id = devices.get(session, DEVICE).id
        on_sqlite = is_sqlite(session.connection())
        if not on_sqlite:
            session.execute(text("SET LOCAL enable_seqscan = off"))  # it would be quicker for so few rows
        query = measurements.of_workload_query(device_id, conditions_id(CONDITIONS), KEY, None, 10)
        compiled = query.compile(session.connection(), compile_kwargs={"literal_binds": True})
        plan = session.execute(text(f"{'EXPLAIN QUERY PLAN' if on_sqlite else 'EXPLAIN'} {compiled}"))
        assert "ix_measurements_table_id_workload_key_sequence" in "\n".join(str(row) for row in plan)
