"""Daemon: the supervisor's loop - register, deliver, borrow a batch, have it measured, hand it in."""

import random
from collections.abc import Callable

import structlog

from device_agents.child import ChildLauncher
from device_agents.client import ServiceClient
from device_agents.config import AgentSettings
from device_agents.delivery import Delivery
from device_agents.measuring import measure_jobs
from device_agents.orders import MeasureOrder
from device_agents.registration import Registrar
from device_agents.renewal import renewing
from device_agents.shutdown import Shutdown
from latency_service.contract.errors import (
    DeviceNotFound,
    DeviceStateUnknown,
    LatencyError,
    ServiceUnavailable,
)
from latency_service.contract.messages import JobId, JobResult, Lease, LeaseRequest

log = structlog.get_logger()

_POLL_S = 2.0  # until the service has named its own interval
_LONGEST_ASKED_S = 3600.0


class Daemon:
    """Runs until it is asked to stop. Everything that it works with is handed in.

    Args:
        settings: How to run.
        cores: The cores to measure on.
        client: The service.
        registrar: Registers this device there.
        delivery: Brings results there.
        launcher: Starts measuring children.
        shutdown: Says when to stop, and sleeps.
        rng: Draws the jitter of the polls and the orders of the rounds.
        on_status: Told in a few words what goes on.
    """

    def __init__(
        self,
        *,
        settings: AgentSettings,
        cores: tuple[int, ...],
        client: ServiceClient,
        registrar: Registrar,
        delivery: Delivery,
        launcher: ChildLauncher,
        shutdown: Shutdown,
        rng: random.Random,
        on_status: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._cores = cores
        self._client = client
        self._registrar = registrar
        self._delivery = delivery
        self._launcher = launcher
        self._shutdown = shutdown
        self._rng = rng
        self._on_status = on_status
        self._poll_s = _POLL_S

    def run(self) -> None:
        """Work until asked to stop; a service that is away or forgetful is waited for.

        Raises:
            AgentTooOld: The service no longer takes this agent's protocol.
            LatencyError: The service refuses what no waiting would mend.
        """
        while not self._shutdown.is_draining:
            is_idle, asked_s = True, 0.0
            try:
                is_idle = not self._work_once()
            except ServiceUnavailable as error:
                self._report("waiting for the service", reason=str(error))
                asked_s = min(error.extra.get("retry_after_s") or 0.0, _LONGEST_ASKED_S)
            except (DeviceStateUnknown, DeviceNotFound) as error:
                self._report("registering again", reason=str(error))
                self._registrar.forget()
            if is_idle and not self._shutdown.is_draining:  # a request that a retry's wait took wakes no other wait
                self._shutdown.wait(asked_s + self._poll_s * self._rng.uniform(0.5, 1.5))
        if not self._shutdown.is_aborting:
            self._deliver_before_leaving()

    def _work_once(self) -> bool:
        """Borrow and measure one batch; return False where there was none, or none is to be begun."""
        registered = self._registrar.registered()
        self._poll_s = registered.poll_s
        self._delivery.deliver_all()
        if self._shutdown.is_draining:
            return False
        request = LeaseRequest(
            device=self._settings.name,
            device_state=registered.device_state,
            runtimes=self._registrar.runtimes,
            max_threads=self._settings.threads,
            max_jobs=self._settings.max_jobs,
        )
        lease = self._client.lease(request)
        if lease is None:
            self._on_status(f"{self._settings.name}: nothing to do")
            return False
        self._work_on(lease)
        return True

    def _work_on(self, lease: Lease) -> None:
        log.info("leased", lease=lease.token, jobs=len(lease.jobs), conditions=str(lease.conditions))
        with renewing(self._client, lease) as renewal:

            def is_unwanted(job_id: JobId) -> bool:
                return self._shutdown.is_aborting or renewal.is_unwanted(job_id)

            for count, result in enumerate(measure_jobs(self._launcher, self._order(lease), is_unwanted), 1):
                self._delivery.hand_in(lease.token, result)
                self._log_result(result)
                leaving = "; leaves after this batch, or at once if asked again" if self._shutdown.is_draining else ""
                self._on_status(f"{self._settings.name}: {count} of {len(lease.jobs)}, {lease.conditions}{leaving}")
        if self._shutdown.is_aborting:
            self._release(lease)

    def _order(self, lease: Lease) -> MeasureOrder:
        return MeasureOrder(
            conditions=lease.conditions,
            jobs=lease.jobs,
            cores=self._cores[-lease.conditions.threads :],
            seed=self._rng.getrandbits(32),
        )

    def _log_result(self, result: JobResult) -> None:
        if result.measurement is not None:
            summary = result.measurement.summary
            facts = {"median_ms": round(summary.median_ms, 6), "verdict": result.measurement.verdict}
            log.info("measured", job=result.job_id, n=summary.n, **facts)
        elif result.failure is not None:
            failure = result.failure
            log.warning("not measured", job=result.job_id, error=failure.error_class, reason=failure.message)

    def _release(self, lease: Lease) -> None:
        try:
            self._client.release(lease.token)
        except LatencyError as error:
            log.warning("the lease was not released; it will expire", reason=str(error))

    def _deliver_before_leaving(self) -> None:
        try:
            self._delivery.deliver_all()
        except ServiceUnavailable as error:
            log.warning("results stay in the spool until the next start", reason=str(error))

    def _report(self, event: str, reason: str) -> None:
        log.warning(event, reason=reason)
        self._on_status(f"{self._settings.name}: {event} ({reason})")
