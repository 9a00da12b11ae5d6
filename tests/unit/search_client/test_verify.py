from collections.abc import Callable

import httpx
import pytest

from latency_service.contract.messages import JobFailure, ProfileStatus, TableId
from latency_service.contract.network import workload_key
from search_client.latency.client import ServiceClient
from search_client.latency.table import LatencyTable
from search_client.verify import NotMeasured, VerifyResult, verify_network
from tests.unit.search_client.corrections import HELD_OUT_PERCENT, corrected
from tests.unit.search_client.fake_service import URL, FakeService
from tests.unit.search_client.small_space import small_space, table_of

NETWORK = small_space().network([0, 1, 2])


def verify(service: FakeService, on_progress: Callable[[ProfileStatus], None] = lambda _: None) -> VerifyResult:
    with ServiceClient(URL, httpx.MockTransport(service)) as client:
        return verify_network(client, table_of(small_space()), NETWORK, on_progress, lambda: None)


@pytest.fixture
def service() -> FakeService:
    return FakeService(table_of(small_space()).snapshot)


def test_the_promise_is_held_against_a_fresh_measurement_of_the_whole_network(service: FakeService) -> None:
    predicted_ms = table_of(small_space()).network_ms(NETWORK)
    service.network_ms = predicted_ms / 1.25
    result = verify(service)
    assert service.profile is not None
    assert service.profile.workloads == (NETWORK,)
    assert service.profile.max_age_s == 0
    assert result.network == workload_key(NETWORK)
    assert result.predicted_ms == pytest.approx(predicted_ms)
    assert result.measured_ms == pytest.approx(predicted_ms / 1.25)
    assert result.measured_ci_ms[0] < result.measured_ms < result.measured_ci_ms[1]
    assert result.error_percent == pytest.approx(25)


def test_an_anchored_table_s_promise_is_corrected_and_has_an_error(service: FakeService) -> None:
    assert verify(service).network_error_percent is None
    anchored = LatencyTable(corrected(table_of(small_space()).snapshot))
    with ServiceClient(URL, httpx.MockTransport(service)) as client:
        result = verify_network(client, anchored, NETWORK, lambda _: None, lambda: None)
    assert result.predicted_ms == pytest.approx(1.1 * table_of(small_space()).network_ms(NETWORK))
    assert result.network_error_percent == HELD_OUT_PERCENT
    assert result.error_percent == pytest.approx(100 * (result.predicted_ms / result.measured_ms - 1))


def test_the_newest_of_several_measurements_counts(service: FakeService) -> None:
    verify(service)
    verify(service)
    service.network_ms = 7.0
    assert verify(service).measured_ms == pytest.approx(7.0)


def test_a_network_that_the_device_cannot_run_is_no_measurement(service: FakeService) -> None:
    failure = JobFailure(workload=workload_key(NETWORK), error_class="out_of_memory", message="too big", attempts=1)
    service.failures = (failure,)
    with pytest.raises(NotMeasured, match="out_of_memory: too big"):
        verify(service)


def test_a_device_that_has_changed_since_is_not_held_against_its_old_table(service: FakeService) -> None:
    service.present_table_id = TableId("table-of-another-state")
    with pytest.raises(NotMeasured, match="is not what it was"):
        verify(service)
