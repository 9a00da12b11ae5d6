"""What a network takes as a whole: stored, snapshotted, looked up, and reported over all devices."""

import pytest

from latency_service.contract.errors import WorkloadNotFound
from latency_service.contract.messages import NetworkReport
from latency_service.contract.network import NetworkSpec, workload_key
from latency_service.services import networks
from tests.contract.service import Service
from tests.service_data import CONDITIONS, DEVICE, keys, op

NETWORK = NetworkSpec(ops=(op(1), op(1)))
KEY = workload_key(NETWORK)


def report(service: Service, key: str = KEY) -> NetworkReport:
    return service.database.read(lambda session: networks.report(session, key))


def test_a_network_is_measured_and_looked_up_by_its_key_like_an_op(service: Service) -> None:
    status = service.measure([op(1), NETWORK], 5.0)
    entries = service.look_up(status.table_id or "", [KEY, keys(1)[0]]).entries
    assert [entry.workload for entry in entries] == [KEY, keys(1)[0]]


def test_a_report_tells_the_ops_and_every_device_that_has_measured_it(service: Service) -> None:
    status = service.measure([NETWORK], 5.0)
    told = report(service)
    assert (told.key, told.network) == (KEY, NETWORK)
    (latency,) = told.latencies
    assert (latency.device, latency.conditions, latency.table_id) == (DEVICE, CONDITIONS, status.table_id)
    assert (latency.entry.latency_ms, latency.entry.workload, latency.provenance) == (5.0, KEY, "measured")


def test_the_present_state_comes_first(service: Service) -> None:
    service.measure([NETWORK], 5.0)
    service.clock.advance(1)
    service.register(governor="powersave")
    service.measure([NETWORK], 9.0)
    service.register(governor="performance")
    told = [(latency.is_current_state, latency.entry.latency_ms) for latency in report(service).latencies]
    assert told == [(True, 5.0), (False, 9.0)]


def test_a_network_that_waits_to_be_measured_has_no_latency_yet(service: Service) -> None:
    service.profile([NETWORK])
    assert report(service).latencies == ()


@pytest.mark.parametrize("key", ["v1-network-000000000000000000000000", keys(1)[0], "nonsense"])
def test_what_is_no_known_network_is_not_found(service: Service, key: str) -> None:
    service.measure([op(1)])
    with pytest.raises(WorkloadNotFound, match="POST a profile"):
        report(service, key)
