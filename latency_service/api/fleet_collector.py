"""FleetCollector: metrics that the database holds, read when they are asked for."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from latency_service.api.meters import PREFIX
from latency_service.clock import Clock
from latency_service.database import Database
from latency_service.services import fleet
from latency_service.services.fleet import Fleet, Queue

#: Devices with a label of their own; what waits for all others is summed.
MOST_DEVICES = 200
OTHER = "other"

_REMEMBERED = timedelta(seconds=5)
_log = structlog.get_logger(__name__)


class FleetCollector(Collector):
    """Shows the fleet; however many ask, the database is asked once in five seconds.

    Every replica shows the same, so dashboards take the maximum over replicas, not the sum.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._seen: Fleet | None = None
        self._lock = threading.Lock()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the metrics; where the database is away, that alone."""
        try:
            seen = self._look()
        except SQLAlchemyError as error:
            _log.warning("the metrics lack what the database holds", error=str(error).splitlines()[0])
            seen = None
        yield _gauge("database_up", "Whether the database answers.", int(seen is not None))
        if seen is not None:
            yield from _of_queues(seen)
            yield _gauge("devices", "Devices that ever registered.", seen.devices)
            yield _gauge("devices_seen", "Devices whose agent called in the last five minutes.", seen.devices_seen)
            yield _gauge("leases_live", "Leases that have neither ended nor run out.", seen.live_leases)
            yield _gauge("measurements_stored", "Measurements ever stored.", seen.measurements)

    def _look(self) -> Fleet:
        with self._lock:
            now = self._clock()
            if self._seen is None or not timedelta() <= now - self._seen.at < _REMEMBERED:
                self._seen = self._database.read(lambda session: fleet.look(session, now))
            return self._seen


def _of_queues(seen: Fleet) -> Iterator[GaugeMetricFamily]:
    depth = GaugeMetricFamily(f"{PREFIX}_queue_jobs", "Jobs that wait.", labels=("device",))
    age = GaugeMetricFamily(f"{PREFIX}_queue_oldest_seconds", "Since when the oldest job waits.", labels=("device",))
    for name, jobs, oldest in _labelled(seen.queues):
        depth.add_metric((name,), jobs)
        age.add_metric((name,), max(0.0, (seen.at - oldest).total_seconds()))
    yield depth
    yield age


def _labelled(queues: tuple[Queue, ...]) -> Iterator[tuple[str, int, datetime]]:
    """Yield the longest queues by name, and the others as one."""
    for queue in queues[:MOST_DEVICES]:
        yield queue.device, queue.jobs, queue.oldest
    others = queues[MOST_DEVICES:]
    if others:
        yield OTHER, sum(queue.jobs for queue in others), min(queue.oldest for queue in others)


def _gauge(name: str, said: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", said, value)
