"""What replicas remember of a table, and for how long."""

import pytest
from sqlalchemy.orm import Session

from latency_service.contract.messages import JobId, LookupAnswer, TableId
from latency_service.contract.network import workload_key
from latency_service.repositories.conditions import conditions_id
from latency_service.services import lookup
from tests.contract.service import Service
from tests.service_data import CONDITIONS, DEVICE, ZERO, keys, op, ops, success

PRESENT = (DEVICE, conditions_id(CONDITIONS))


@pytest.fixture
def replica(service: Service) -> Service:
    """A second service on the same database, at the same time."""
    replica = Service(service.database)
    replica.clock = service.clock
    return replica


def remembered_ms(service: Service, table_id: str, key: str) -> float | None:
    """Return the latency that memory alone answers."""
    answer = lookup.look_up_in_memory(service.tables, TableId(table_id), [key])
    return None if answer is None else LookupAnswer.model_validate_json(answer).entries[0].latency_ms


def measured(service: Service, median_ms: float) -> str:
    service.clock.advance(1e-3)
    table_id = service.measure([op(1)], median_ms).table_id
    assert table_id is not None
    return table_id


def test_what_was_read_once_is_answered_by_the_same_bytes_without_a_database(service: Service) -> None:
    table_id = TableId(service.measure([*ops(3), ZERO]).table_id or "")
    wanted = [keys(3)[2], workload_key(ZERO), keys(3)[2]]
    read = service.database.read(lambda session: lookup.look_up(session, service.tables, table_id, wanted))
    assert lookup.look_up_in_memory(service.tables, table_id, wanted) == read


def test_one_latency_is_answered_by_the_same_bytes_without_a_database(service: Service) -> None:
    service.measure(ops(2))

    def read(session: Session) -> bytes:
        return lookup.latency(session, service.tables, DEVICE, CONDITIONS, keys(2)[1])

    assert lookup.latency_in_memory(service.tables, PRESENT, keys(2)[1]) is None
    assert service.database.read(read) == lookup.latency_in_memory(service.tables, PRESENT, keys(2)[1])


def test_another_replicas_snapshot_is_served_within_a_second(service: Service, replica: Service) -> None:
    table_id = measured(service, 1.0)
    replica.look_up(table_id, keys(1))
    measured(service, 2.0)
    service.clock.advance(0.4)
    assert remembered_ms(replica, table_id, keys(1)[0]) == 1.0
    service.clock.advance(0.6)
    assert remembered_ms(replica, table_id, keys(1)[0]) is None
    assert replica.look_up(table_id, keys(1)).entries[0].latency_ms == 2.0
    assert remembered_ms(replica, table_id, keys(1)[0]) == 2.0


def test_one_asker_looks_again_in_time_and_the_others_need_not_wait(service: Service) -> None:
    table_id = measured(service, 1.0)
    service.look_up(table_id, keys(1))
    service.clock.advance(0.6)
    assert remembered_ms(service, table_id, keys(1)[0]) is None
    assert remembered_ms(service, table_id, keys(1)[0]) == 1.0


def test_a_device_in_a_new_state_is_noticed_within_a_second(service: Service, replica: Service) -> None:
    service.measure([op(1)])
    replica.database.read(lambda session: lookup.latency(session, replica.tables, DEVICE, CONDITIONS, keys(1)[0]))
    service.register(governor="powersave")
    assert lookup.latency_in_memory(replica.tables, PRESENT, keys(1)[0]) is not None
    service.clock.advance(1.0)
    assert lookup.latency_in_memory(replica.tables, PRESENT, keys(1)[0]) is None


def test_a_value_stays_until_the_next_snapshot_although_it_was_measured_again(service: Service) -> None:
    table_id = measured(service, 1.0)
    profile = service.profile(ops(2), max_age_s=0)
    lease = service.must_lend()
    by_key: dict[str, JobId] = {workload_key(job.workload): job.job_id for job in lease.jobs}
    service.put(lease, success(by_key[keys(2)[0]], 5.0))
    assert service.look_up(table_id, keys(1)).entries[0].latency_ms == 1.0
    service.put(lease, success(by_key[keys(2)[1]], 5.0))
    assert service.status(profile).state == "done"
    assert service.look_up(table_id, keys(1)).entries[0].latency_ms == 5.0


def test_a_key_measured_since_the_snapshot_is_answered_from_the_database(service: Service) -> None:
    table_id = measured(service, 1.0)
    service.profile(ops(3))
    lease = service.must_lend()
    service.put(lease, success(lease.jobs[0].job_id, 3.0))
    since = workload_key(lease.jobs[0].workload)
    assert [entry.latency_ms for entry in service.look_up(table_id, [keys(1)[0], since]).entries] == [1.0, 3.0]
    assert remembered_ms(service, table_id, since) is None


def test_a_table_without_a_snapshot_is_answered_from_the_database(service: Service) -> None:
    service.profile(ops(2))
    lease = service.must_lend()
    service.put(lease, success(lease.jobs[0].job_id, 3.0))
    key = workload_key(lease.jobs[0].workload)
    answer = service.database.read(lambda session: lookup.latency(session, service.tables, DEVICE, CONDITIONS, key))
    assert b'"latest_snapshot_id":null' in answer
    assert lookup.latency_in_memory(service.tables, PRESENT, key) is None
