"""Delivery: brings spooled results to the service."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from device_agents.supervisor.batches import in_batches
from device_agents.supervisor.client import ServiceClient
from device_agents.supervisor.spool import Spool, SpooledResult
from latency_service.contract.errors import (
    AgentTooOld,
    Conflict,
    Gone,
    InvalidInput,
    LatencyError,
    NotFound,
    ServiceUnavailable,
    TooLarge,
    error_from_problem,
)
from latency_service.contract.messages import IdentifiedResult, JobResult, LeaseToken, ResultOutcome

log = structlog.get_logger()

#: What the service says of a result, or of a batch, that it will not take however often it is sent.
_REFUSALS = (InvalidInput, NotFound, Conflict, TooLarge)
_SERVER_ERROR = 500
_FIRST_WAIT_S = 5.0
_LONGEST_WAIT_S = 3600.0


@dataclass(frozen=True)
class _Postponed:
    """A result that the service chokes on: how often it has, and when it is offered again."""

    failures: int
    not_before: float


class Delivery:
    """Spools every result before its upload, and uploads what is spooled; what waits of one lease goes together.

    A result that the service answers with an internal error (500) is passed over for a while, longer each time, so that
    it holds up neither other results nor new work. It is never given up: a service that is mended may take it yet.

    Args:
        client: The service.
        spool: Where results wait.
        clock: Monotonic seconds.

    Attributes:
        spool: Where results wait.
        uploaded: How many results the service has taken from this agent.
    """

    def __init__(self, client: ServiceClient, spool: Spool, clock: Callable[[], float]) -> None:
        self.spool = spool
        self.uploaded = 0
        self._client = client
        self._clock = clock
        self._is_service_away = False
        self._postponed: dict[UUID, _Postponed] = {}

    def hand_in(self, token: LeaseToken, result: JobResult) -> None:
        """Spool a result and try to upload it; once the service was away, results wait for `deliver_all`."""
        spooled = self.spool.put(token, result)
        if self._is_service_away:
            return
        try:
            self._deliver(spooled)
        except ServiceUnavailable as error:
            log.warning("a result waits in the spool", reason=str(error))
            self._is_service_away = True

    def deliver_all(self) -> None:
        """Upload all that is spooled and not to be passed over now.

        Raises:
            ServiceUnavailable: The service is away, or chokes on two results in a row; what is left stays in the spool.
        """
        chokes = 0
        for batch in in_batches(self._due()):
            for spooled in self._deliver_together(batch):
                try:
                    self._deliver(spooled)
                    chokes = 0
                except ServiceUnavailable as error:
                    chokes += 1
                    if chokes > 1 or not _is_choking(error):
                        raise
        self._is_service_away = False

    def _due(self) -> Iterator[SpooledResult]:
        for spooled in self.spool.pending():
            postponed = self._postponed.get(spooled.result_id)
            if postponed is None or self._clock() >= postponed.not_before:
                yield spooled

    def _deliver_together(self, batch: Sequence[SpooledResult]) -> Sequence[SpooledResult]:
        """Upload results of one lease in one request; return those that must be tried one by one."""
        if len(batch) == 1 or any(spooled.result_id in self._postponed for spooled in batch):
            return batch
        try:
            answer = self._client.post_results(batch[0].token, [_identified(spooled) for spooled in batch])
        except Gone as error:
            for spooled in batch:
                self._refused(spooled, error)
            return ()
        except (*_REFUSALS, ServiceUnavailable) as error:
            if isinstance(error, ServiceUnavailable) and not _is_choking(error):
                raise
            log.info("results are uploaded one by one", results=len(batch), reason=str(error))
            return batch
        outcomes = {outcome.result_id: outcome for outcome in answer.outcomes}
        return [spooled for spooled in batch if not self._ended(spooled, outcomes.get(spooled.result_id))]

    def _ended(self, spooled: SpooledResult, outcome: ResultOutcome | None) -> bool:
        """Say whether that outcome is the last word on a result."""
        if outcome is not None and outcome.status != "refused":
            self._delivered(spooled)
            return True
        error = error_from_problem(outcome.problem) if outcome is not None and outcome.problem is not None else None
        if isinstance(error, (Gone, *_REFUSALS)):
            self._refused(spooled, error)
            return True
        return False

    def _deliver(self, spooled: SpooledResult) -> None:
        try:
            self._client.put_result(spooled.token, spooled.result_id, spooled.result)
        except (Gone, *_REFUSALS) as error:
            self._refused(spooled, error)
        except ServiceUnavailable as error:
            if _is_choking(error):
                self._postpone(spooled, str(error))
            raise
        else:
            self._delivered(spooled)

    def _delivered(self, spooled: SpooledResult) -> None:
        self._postponed.pop(spooled.result_id, None)
        self.spool.delivered(spooled.result_id)
        self.uploaded += 1

    def _refused(self, spooled: SpooledResult, error: LatencyError) -> None:
        if isinstance(error, AgentTooOld):  # nothing is wrong with the result: the agent after this one delivers it
            raise error
        if isinstance(error, Gone):  # too late for its lease, but the service has kept what it can use of it
            log.info("a result came late", job=spooled.result.job_id, reason=str(error))
            self._delivered(spooled)
        else:
            self._postponed.pop(spooled.result_id, None)
            self.spool.reject(spooled.result_id, str(error))

    def _postpone(self, spooled: SpooledResult, reason: str) -> None:
        before = self._postponed.get(spooled.result_id)
        failures = 1 if before is None else before.failures + 1
        wait_s = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** min(failures - 1, 10))
        self._postponed[spooled.result_id] = _Postponed(failures, self._clock() + wait_s)
        facts = {"job": spooled.result.job_id, "failures": failures, "again_in_s": wait_s}
        log.error("the service chokes on a result, which stays in the spool", reason=reason, **facts)


def _identified(spooled: SpooledResult) -> IdentifiedResult:
    return IdentifiedResult(
        result_id=spooled.result_id,
        job_id=spooled.result.job_id,
        measurement=spooled.result.measurement,
        failure=spooled.result.failure,
    )


def _is_choking(error: ServiceUnavailable) -> bool:
    """Say whether the service is there, but cannot take this very result."""
    return bool(error.extra.get("status") == _SERVER_ERROR)
