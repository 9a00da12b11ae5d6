"""Which tables there are, and pages of what they hold."""

import pytest

from latency_service.contract.errors import TableNotFound
from latency_service.contract.messages import MeasurementPage, Table
from latency_service.services import catalogue
from tests.contract.service import Service
from tests.service_data import keys, op, ops


def tables(service: Service, device: str | None = None, **conditions: str | int | None) -> tuple[Table, ...]:
    with service.database.reading() as session:
        return catalogue.list_tables(session, device, **conditions).tables


def page(service: Service, table_id: str | None = None, key: str | None = None, after: int = 0) -> MeasurementPage:
    with service.database.reading() as session:
        return catalogue.list_measurements(session, table_id, key, after, 2, with_samples=False)


def test_no_table_is_there_before_anything_was_measured(service: Service) -> None:
    service.profile(ops(1))
    assert tables(service) == ()


def test_a_table_tells_what_it_holds(service: Service) -> None:
    status = service.measure(ops(2))
    service.clock.advance(1)
    service.measure([op(1)], verdict="noisy")
    (table,) = tables(service)
    assert table.table_id == status.table_id
    assert (table.entries, table.is_current_state) == (2, True)
    assert table.latest_snapshot_id is not None


def test_an_unfit_measurement_is_no_entry(service: Service) -> None:
    service.measure([op(1)], verdict="unfit")
    assert tables(service)[0].entries == 0


def test_tables_of_the_present_state_come_first_and_then_the_newest(service: Service) -> None:
    first = service.measure([op(1)]).table_id
    service.clock.advance(1)
    service.register(governor="powersave")
    second = service.measure([op(1)]).table_id
    service.register(governor="performance")
    assert [table.table_id for table in tables(service)] == [first, second]
    assert [table.is_current_state for table in tables(service)] == [True, False]


def test_tables_can_be_picked_by_device_and_conditions(service: Service) -> None:
    service.measure([op(1)])
    assert len(tables(service, "board", runtime="onnxruntime", precision="fp32", threads=1, batch_size=1)) == 1
    assert tables(service, "board", runtime="tflite") == ()
    assert tables(service, "board", threads=2) == ()
    assert tables(service, "board", backend="openvino") == ()
    assert tables(service, "board", cache_state="cold") == ()
    assert tables(service, "nobody") == ()


def test_pages_follow_each_other_without_a_gap(service: Service) -> None:
    table_id = service.measure(ops(5)).table_id
    seen, after = [], 0
    while True:
        part = page(service, table_id, after=after)
        seen += [row.workload for row in part.measurements]
        if part.next_after is None:
            break
        after = part.next_after
    assert seen == keys(5)


def test_measurements_can_be_picked_by_op(service: Service) -> None:
    service.measure(ops(3))
    assert [row.workload for row in page(service, key=keys(3)[2]).measurements] == [keys(3)[2]]


def test_the_measurements_of_an_unknown_table_are_not_found(service: Service) -> None:
    with pytest.raises(TableNotFound):
        page(service, "nothing")
