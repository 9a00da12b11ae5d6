from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from latency_service.contract.messages import JobFailure, ProfileStatus
from latency_service.contract.network import workload_key
from search_client.comparison.cells import CellStore, Place
from search_client.comparison.measuring import measure_missing
from search_client.latency.client import ServiceClient
from search_client.verify import NotMeasured
from tests.unit.search_client.comparison.matrices import CPU, place
from tests.unit.search_client.corrections import HELD_OUT_PERCENT, corrected
from tests.unit.search_client.fake_service import URL, FakeService
from tests.unit.search_client.small_space import small_space, table_of

NETWORKS = [small_space().network(choices) for choices in ([0, 1, 2], [3, 0, 0])]
KEYS = [workload_key(network) for network in NETWORKS]
OTHER = place("board", "tflite")


@contextmanager
def no_progress(_place: Place, _total: int) -> Iterator[Callable[[ProfileStatus], None]]:
    yield lambda _: None


@pytest.fixture
def service() -> FakeService:
    fake = FakeService(table_of(small_space()).snapshot)
    fake.latencies = {KEYS[0]: 2.0, KEYS[1]: 3.0}
    return fake


def measure(service: FakeService, store: CellStore, *places: Place, anew: bool = False) -> None:
    with ServiceClient(URL, httpx.MockTransport(service)) as client:
        measure_missing(client, store, NETWORKS, places, no_progress, lambda: None, anew)


def test_all_networks_of_a_device_are_one_profile_that_measures_now(service: FakeService, tmp_path: Path) -> None:
    store = CellStore(tmp_path / "cells.json")
    measure(service, store, CPU, OTHER)
    assert [(each.conditions, each.workloads, each.max_age_s) for each in service.profiles] == [
        (CPU.conditions, tuple(NETWORKS), 0),
        (OTHER.conditions, tuple(NETWORKS), 0),
    ]
    assert [store.cell(key, CPU).measured_ms for key in KEYS] == pytest.approx([2.0, 3.0])


def test_a_promise_stands_beside_where_the_table_has_all_ops(service: FakeService, tmp_path: Path) -> None:
    store = CellStore(tmp_path / "cells.json")
    measure(service, store, CPU, OTHER)
    table = table_of(small_space())
    assert store.cell(KEYS[0], CPU).predicted_ms == pytest.approx(table.network_ms(NETWORKS[0]))
    assert store.cell(KEYS[0], CPU).snapshot_id == table.snapshot_id
    assert store.cell(KEYS[0], OTHER).predicted_ms is None  # no table of that runtime


def test_a_promise_of_an_anchored_table_stands_there_with_its_error(service: FakeService, tmp_path: Path) -> None:
    service.snapshot = corrected(service.snapshot)
    store = CellStore(tmp_path / "cells.json")
    measure(service, store, CPU, OTHER)
    promised = store.cell(KEYS[0], CPU)
    assert promised.predicted_ms == pytest.approx(1.1 * table_of(small_space()).network_ms(NETWORKS[0]))
    assert promised.network_error_percent == HELD_OUT_PERCENT
    assert store.cell(KEYS[0], OTHER).network_error_percent is None  # no table of that runtime


def test_a_table_that_lacks_ops_promises_nothing(service: FakeService, tmp_path: Path) -> None:
    service.snapshot = service.snapshot.model_copy(update={"ops": service.snapshot.ops[1:]})
    store = CellStore(tmp_path / "cells.json")
    measure(service, store, CPU)
    assert (store.cell(KEYS[0], CPU).predicted_ms, store.cell(KEYS[0], CPU).snapshot_id) == (None, None)


def test_what_was_measured_before_is_not_measured_again(service: FakeService, tmp_path: Path) -> None:
    store = CellStore(tmp_path / "cells.json")
    measure(service, store, CPU)
    measure(service, CellStore(tmp_path / "cells.json"), CPU, OTHER)
    assert [each.conditions for each in service.profiles] == [CPU.conditions, OTHER.conditions]


def test_unless_all_is_asked_for_anew(service: FakeService, tmp_path: Path) -> None:
    store = CellStore(tmp_path / "cells.json")
    measure(service, store, CPU)
    service.latencies[KEYS[0]] = 5.0
    measure(service, store, CPU, anew=True)
    assert len(service.profiles) == 2
    assert store.cell(KEYS[0], CPU).measured_ms == pytest.approx(5.0)


def test_a_device_that_fails_leaves_the_others_measurements(service: FakeService, tmp_path: Path) -> None:
    store = CellStore(tmp_path / "cells.json")
    measure(service, store, CPU)
    service.failures = (JobFailure(workload=KEYS[1], error_class="unsupported", message="no such op", attempts=1),)
    with pytest.raises(NotMeasured, match="no such op"):
        measure(service, store, CPU, OTHER)
    assert CellStore(tmp_path / "cells.json").holds(KEYS[0], CPU)
    assert not CellStore(tmp_path / "cells.json").holds(KEYS[0], OTHER)
