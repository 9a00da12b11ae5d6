import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import text

from latency_service.api import fleet_collector
from latency_service.api.fleet_collector import FleetCollector
from tests.contract.service import Service
from tests.service_data import ops, success


@pytest.fixture
def registry(service: Service) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(FleetCollector(service.database, service.clock))
    return registry


def shown(registry: CollectorRegistry) -> dict[str, float]:
    lines = generate_latest(registry).decode().splitlines()
    named = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name.removeprefix("latency_service_"): float(value) for name, value in named}


def test_what_waits_and_who_is_at_work_is_shown(service: Service, registry: CollectorRegistry) -> None:
    service.clock.advance(600)
    service.register("busy")
    service.profile(ops(5), device="busy")
    lease = service.lend(2, device="busy")
    assert lease is not None
    service.put(lease, success(lease.jobs[0].job_id))
    service.clock.advance(30)
    metrics = shown(registry)
    assert metrics['queue_jobs{device="busy"}'] == 3
    assert metrics['queue_oldest_seconds{device="busy"}'] == 30
    assert 'queue_jobs{device="board"}' not in metrics
    assert (metrics["devices"], metrics["devices_seen"]) == (2, 1)
    assert (metrics["leases_live"], metrics["measurements_stored"], metrics["database_up"]) == (1, 1, 1)
    service.clock.advance(61)
    assert shown(registry)["leases_live"] == 0


def test_the_database_is_asked_once_in_five_seconds(service: Service, registry: CollectorRegistry) -> None:
    assert shown(registry)["devices"] == 1
    service.register("another")
    service.clock.advance(4)
    assert shown(registry)["devices"] == 1
    service.clock.advance(1)
    assert shown(registry)["devices"] == 2


def test_of_many_devices_those_with_the_shortest_queues_are_summed(
    service: Service, registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet_collector, "MOST_DEVICES", 1)
    for jobs, name in enumerate(("a", "b", "c"), start=1):
        service.register(name)
        service.profile(ops(jobs), device=name)
        service.clock.advance(10)
    metrics = shown(registry)
    depths = {name: value for name, value in metrics.items() if name.startswith("queue_jobs")}
    assert depths == {'queue_jobs{device="c"}': 3, 'queue_jobs{device="other"}': 3}
    assert metrics['queue_oldest_seconds{device="other"}'] == 30


def test_without_a_database_that_alone_is_shown(service: Service, registry: CollectorRegistry) -> None:
    with service.database.connecting() as connection:
        connection.execute(text("DROP TABLE failed_attempts"))
        connection.execute(text("ALTER TABLE jobs RENAME TO lost"))
    assert shown(registry) == {"database_up": 0}
