"""Station: one measured device as the daemon serves it - deliver, register, borrow a batch, have it measured."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from device_agents.child.launcher import Launcher
from device_agents.child.measuring import measure_jobs
from device_agents.child.orders import MeasureOrder
from device_agents.devices.base import MeasuredDevice
from device_agents.supervisor.client import ServiceClient
from device_agents.supervisor.delivery import Delivery
from device_agents.supervisor.lease_memory import LeaseMemory
from device_agents.supervisor.registration import Registrar
from device_agents.supervisor.renewal import renewing
from device_agents.supervisor.shutdown import Shutdown
from device_agents.supervisor.status import DeviceReport, DeviceTally
from latency_service.contract.device import DeviceName, Fingerprint
from latency_service.contract.errors import LatencyError, ServiceUnavailable
from latency_service.contract.messages import JobId, JobResult, Lease, LeaseRequest, LeaseToken

log = structlog.get_logger()

_POLL_S = 2.0  # until the service has named its own interval


@dataclass(frozen=True)
class Common:
    """What all stations of an agent work with.

    Attributes:
        client: The service.
        launcher: Has orders carried out.
        shutdown: Says when to stop.
        rng: Draws the orders of the rounds.
        on_status: Told in a few words what goes on.
        max_jobs: Most jobs of a batch.
        agent_id: Names this life of the agent.
    """

    client: ServiceClient
    launcher: Launcher
    shutdown: Shutdown
    rng: random.Random
    on_status: Callable[[str], None]
    max_jobs: int
    agent_id: str


class Station:
    """Serves one device, one batch at a time.

    Args:
        device: Who is measured.
        delivery: Brings the device's results to the service.
        leases: What the device has borrowed, on disk.
        common: What all stations work with.

    Attributes:
        poll_s: How long the service wants a device without work to wait.
    """

    def __init__(self, device: MeasuredDevice, delivery: Delivery, leases: LeaseMemory, common: Common) -> None:
        self.poll_s = _POLL_S
        self._device = device
        self._delivery = delivery
        self._leases = leases
        self._common = common
        self._registrar = Registrar(common.client, device, common.launcher)
        self._tally = DeviceTally()

    @property
    def name(self) -> DeviceName:
        """The device's name."""
        return self._device.name

    def serve(self) -> bool:
        """Deliver what waits, then borrow and measure one batch; return False where there was none to begin.

        Raises:
            DeviceAway: The device cannot be reached; its batch has been given back.
            NoWorkingRuntime: Nothing can be measured on it.
            ServiceUnavailable: The service is away.
            LatencyError: The service refuses the device or what it says.
        """
        self._delivery.deliver_all()
        for token in self._leases.left_over():
            log.warning("an agent died and left a lease, which is given back", lease=token)
            self._release(token)
        registered = self._registrar.registered()
        self.poll_s, self._tally.device_state = registered.poll_s, registered.device_state
        if self._common.shutdown.is_draining:
            return False
        lease = self._common.client.lease(self._request(registered.device_state))
        if lease is None:
            self.say("nothing to do")
            return False
        with self._holding(lease):
            self._measure(lease)
        return True

    def forget(self) -> None:
        """Register again next time: the service no longer knows this device or its state."""
        self._registrar.forget()

    def leave(self) -> None:
        """Deliver what can be delivered and say goodbye; the agent is about to go."""
        try:
            self._delivery.deliver_all()
            self._registrar.deregister(self._common.agent_id)
        except ServiceUnavailable as error:
            log.warning("results stay in the spool until the next start", device=self.name, reason=str(error))
        lost = self._delivery.spool.unwritten
        if lost:
            log.error("results are lost: the disk does not take them, the service is away", device=self.name, lost=lost)

    def say(self, text: str) -> None:
        """Say in a few words what goes on with this device."""
        self._tally.doing = text
        self._common.on_status(f"{self.name}: {text}")

    def report(self) -> DeviceReport:
        """Say how the device is; may be asked by any thread."""
        tally, spool = self._tally, self._delivery.spool
        return DeviceReport(
            name=self.name,
            doing=tally.doing,
            device_state=tally.device_state,
            lease=tally.lease,
            measured=dict(tally.measured),
            failed=dict(tally.failed),
            uploaded=self._delivery.uploaded,
            waiting=spool.waiting,
            unwritten=spool.unwritten,
            rejected=spool.rejected,
        )

    def _request(self, device_state: Fingerprint) -> LeaseRequest:
        return LeaseRequest(
            device=self.name,
            device_state=device_state,
            agent_id=self._common.agent_id,
            runtimes=self._registrar.runtimes,
            max_threads=self._device.max_threads,
            max_jobs=self._common.max_jobs,
        )

    @contextmanager
    def _holding(self, lease: Lease) -> Iterator[None]:
        """Note the lease while it is worked on; give back what could not be finished."""
        log.info("leased", device=self.name, lease=lease.token, jobs=len(lease.jobs), conditions=str(lease.conditions))
        self._leases.remember(lease.token)
        self._tally.begin(lease)
        try:
            yield
        except LatencyError:  # any other error ends the agent, and its next life finds the lease
            self._end(lease, is_finished=False)
            raise
        self._end(lease, is_finished=not self._common.shutdown.is_aborting)

    def _end(self, lease: Lease, is_finished: bool) -> None:
        self._tally.lease = None
        if not is_finished:
            self._release(lease.token)
        self._leases.forget(lease.token)

    def _measure(self, lease: Lease) -> None:
        with renewing(self._common.client, lease) as renewal:

            def is_unwanted(job_id: JobId) -> bool:
                return self._common.shutdown.is_aborting or renewal.is_unwanted(job_id)

            for count, result in enumerate(measure_jobs(self._common.launcher, self._order(lease), is_unwanted), 1):
                self._delivery.hand_in(lease.token, result)
                self._note(result)
                leaving = (
                    "; leaves after this batch, or at once if asked again" if self._common.shutdown.is_draining else ""
                )
                self.say(f"{count} of {len(lease.jobs)}, {lease.conditions}{leaving}")

    def _order(self, lease: Lease) -> MeasureOrder:
        return MeasureOrder(
            conditions=lease.conditions,
            jobs=lease.jobs,
            together=self._device.together,
            cores=self._device.cores[-lease.conditions.threads :],
            rules=self._device.rules,
            runtime_settings=self._device.runtime_settings,
            seed=self._common.rng.getrandbits(32),
        )

    def _note(self, result: JobResult) -> None:
        self._tally.count(result)
        about = log.bind(device=self.name, job=result.job_id)
        if result.measurement is not None:
            summary, verdict = result.measurement.summary, result.measurement.verdict
            about.info("measured", n=summary.n, median_ms=round(summary.median_ms, 6), verdict=verdict)
        elif result.failure is not None:
            about.warning("not measured", error=result.failure.error_class, reason=result.failure.message)

    def _release(self, token: LeaseToken) -> None:
        try:
            self._common.client.release(token)
        except LatencyError as error:
            log.warning("the lease was not released; it will expire", lease=token, reason=str(error))
