"""Delivery: brings spooled results to the service."""

import structlog

from device_agents.client import ServiceClient
from device_agents.spool import Spool, SpooledResult
from latency_service.contract.errors import Conflict, Gone, InvalidInput, NotFound, ServiceUnavailable
from latency_service.contract.messages import JobResult, LeaseToken

log = structlog.get_logger()


class Delivery:
    """Spools every result before its upload, and uploads what is spooled."""

    def __init__(self, client: ServiceClient, spool: Spool) -> None:
        self._client = client
        self._spool = spool
        self._is_service_away = False

    def hand_in(self, token: LeaseToken, result: JobResult) -> None:
        """Spool a result and try to upload it; once the service was away, results wait for `deliver_all`."""
        spooled = self._spool.put(token, result)
        if self._is_service_away:
            return
        try:
            self._deliver(spooled)
        except ServiceUnavailable as error:
            log.warning("a result waits in the spool", reason=str(error))
            self._is_service_away = True

    def deliver_all(self) -> None:
        """Upload all that is spooled.

        Raises:
            ServiceUnavailable: The service is away; what is left stays in the spool.
        """
        for spooled in self._spool.pending():
            self._deliver(spooled)
        self._is_service_away = False

    def _deliver(self, spooled: SpooledResult) -> None:
        try:
            self._client.put_result(spooled.token, spooled.result_id, spooled.result)
        except Gone as error:  # too late for its lease, but the service has kept what it can use of it
            log.info("a result came late", job=spooled.result.job_id, reason=str(error))
        except (InvalidInput, NotFound, Conflict) as error:
            self._spool.reject(spooled.result_id, str(error))
            return
        self._spool.delivered(spooled.result_id)
