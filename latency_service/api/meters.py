"""Meters: what this replica counts and times. Labels are bounded: routes by template, methods and statuses by class."""

from typing import assert_never

from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy.pool import QueuePool

from latency_service.api.request_times import RequestTimes
from latency_service.database import Database
from latency_service.tally import Counted, Tally

PREFIX = "latency_service"

_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"))
_BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_NO_ROUTE = "none"


class Meters:
    """One replica's meters, in a registry of their own.

    Attributes:
        registry: What `/metrics` shows.
        in_flight: Requests that are being answered; changed by the event loop's thread alone.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.in_flight = 0
        self._requests = RequestTimes(f"{PREFIX}_request_seconds", _BUCKETS_S)
        self.registry.register(self._requests)
        self._leases = self._counter("leases", "What became of leases.", "event")
        self._jobs_lent = self._counter("jobs_lent", "Jobs lent to agents, each attempt anew.")
        self._results = self._counter("results", "Results that agents handed in.", "outcome", "verdict")
        self._profiles = self._counter("profiles", "What became of profiles.", "event")
        self._reaper_rounds = self._counter("reaper_rounds", "Looks for expired leases and due profiles.")
        in_flight = self._gauge("requests_in_flight", "Requests that are being answered.")
        in_flight.set_function(lambda: self.in_flight)

    def request(self, route: str | None, method: str, status: int, elapsed_s: float) -> None:
        """Count and time a request; None stands for all paths that no route has."""
        self._requests.observe(route or _NO_ROUTE, method if method in _METHODS else "other", status // 100, elapsed_s)

    def count(self, tally: Tally) -> None:
        """Count what a committed transaction has done."""
        for (counted, labels), number in tally.items():
            counter = self._counter_of(counted)
            (counter.labels(*labels) if labels else counter).inc(number)

    def watch_pool(self, database: Database) -> None:
        """Show how the database's connections are used."""
        pool = database.engine.pool
        assert isinstance(pool, QueuePool), "both engines pool their connections"
        used = self._gauge("database_connections_used", "Connections to the database in use.")
        used.set_function(pool.checkedout)
        idle = self._gauge("database_connections_idle", "Connections to the database that are open and not in use.")
        idle.set_function(pool.checkedin)

    def _counter_of(self, counted: Counted) -> Counter:
        match counted:
            case "leases":
                return self._leases
            case "jobs_lent":
                return self._jobs_lent
            case "results":
                return self._results
            case "profiles":
                return self._profiles
            case "reaper_rounds":
                return self._reaper_rounds
        assert_never(counted)

    def _counter(self, name: str, said: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", said, labels, registry=self.registry)

    def _gauge(self, name: str, said: str) -> Gauge:
        return Gauge(f"{PREFIX}_{name}", said, registry=self.registry)
