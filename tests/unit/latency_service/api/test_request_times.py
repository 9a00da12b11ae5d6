from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.exposition import generate_latest

from latency_service.api.request_times import RequestTimes

BOUNDS_S = (0.001, 0.25, 1.0)
ELAPSED_S = (0.0005, 0.001, 0.2, 0.25, 0.3, 5.0)


def lines(registry: CollectorRegistry) -> list[str]:
    return [line for line in generate_latest(registry).decode().splitlines() if "_created" not in line]


def test_it_shows_what_the_librarys_histogram_would() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    times = RequestTimes("request_seconds", BOUNDS_S)
    ours.register(times)
    histogram = Histogram(
        "request_seconds", "Time to answer requests.", ("route", "method", "status"), registry=theirs, buckets=BOUNDS_S
    )
    for elapsed_s in ELAPSED_S:
        times.observe("/v1/latency", "GET", 2, elapsed_s)
        histogram.labels("/v1/latency", "GET", "2xx").observe(elapsed_s)
    times.observe("/v1/leases", "POST", 5, 0.5)
    histogram.labels("/v1/leases", "POST", "5xx").observe(0.5)
    assert lines(ours) == lines(theirs)
