"""Renewal: keeps a lease alive from a thread of its own, and hears which jobs nobody wants any more."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from device_agents.supervisor.client import ServiceClient
from latency_service.contract.errors import Gone, LatencyError
from latency_service.contract.messages import JobId, Lease

log = structlog.get_logger()


class Renewal:
    """What the renewals of a lease have told so far; read by one thread, written by another."""

    def __init__(self, client: ServiceClient, lease: Lease) -> None:
        self._client = client
        self._lease = lease
        self._cancelled: frozenset[JobId] = frozenset()
        self._is_lost = False

    def is_unwanted(self, job_id: JobId) -> bool:
        """Say whether the job was cancelled, or the whole lease is gone."""
        return self._is_lost or job_id in self._cancelled

    def renew(self) -> None:
        """Renew once. A service that is away loses no lease yet: the next renewal may be in time."""
        try:
            self._cancelled = frozenset(self._client.renew(self._lease.token).cancelled)
        except Gone as error:
            log.warning("the lease is lost", lease=self._lease.token, reason=str(error))
            self._is_lost = True
        except LatencyError as error:
            log.warning("the lease was not renewed", lease=self._lease.token, reason=str(error))

    def renew_until(self, ended: threading.Event) -> None:
        """Renew at the lease's interval."""
        while not self._is_lost and not ended.wait(self._lease.renew_s):
            self.renew()


@contextmanager
def renewing(client: ServiceClient, lease: Lease) -> Iterator[Renewal]:
    """Keep a lease while the body runs."""
    renewal, ended = Renewal(client, lease), threading.Event()
    thread = threading.Thread(target=renewal.renew_until, args=(ended,), daemon=True, name="renewal")
    thread.start()
    try:
        yield renewal
    finally:
        ended.set()
        thread.join()
