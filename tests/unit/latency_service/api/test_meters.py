from collections import Counter
from typing import get_args

from prometheus_client import generate_latest

from latency_service.api.meters import Meters
from latency_service.database import Database
from latency_service.tally import Counted


def shown(meters: Meters) -> list[str]:
    return [line for line in generate_latest(meters.registry).decode().splitlines() if not line.startswith("#")]


def test_what_transactions_did_adds_up_by_label() -> None:
    meters = Meters()
    meters.count(Counter({("results", ("accepted", "ok")): 3, ("jobs_lent", ()): 20}))
    meters.count(Counter({("results", ("accepted", "ok")): 2, ("results", ("late", "noisy")): 1}))
    assert 'latency_service_results_total{outcome="accepted",verdict="ok"} 5.0' in shown(meters)
    assert 'latency_service_results_total{outcome="late",verdict="noisy"} 1.0' in shown(meters)
    assert "latency_service_jobs_lent_total 20.0" in shown(meters)


def test_everything_that_can_be_counted_has_a_meter() -> None:
    names = {metric.name.removeprefix("latency_service_") for metric in Meters().registry.collect()}
    assert set(get_args(Counted)) <= names


def test_the_use_of_connections_is_shown(database_url: str) -> None:
    meters, database = Meters(), Database(database_url)
    meters.watch_pool(database)
    with database.connecting():
        assert "latency_service_database_connections_used 1.0" in shown(meters)
    assert "latency_service_database_connections_used 0.0" in shown(meters)
    assert "latency_service_database_connections_idle 1.0" in shown(meters)
    database.close()
