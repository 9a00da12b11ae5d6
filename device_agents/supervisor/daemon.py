"""Daemon: the supervisor's loop over its devices.

They are served in turn, one batch at a time: two batches at once would share this host's caches and memory, and phones
its USB bus. Whoever has no work, or is away, is passed over for a poll interval and holds up nobody.
"""

import random
from collections.abc import Callable, Sequence

import structlog

from device_agents.runtimes.base import DeviceAway
from device_agents.supervisor.registration import NoWorkingRuntime
from device_agents.supervisor.shutdown import Shutdown
from device_agents.supervisor.station import Station
from device_agents.supervisor.status import AgentStatus
from latency_service.contract.errors import DeviceNotFound, DeviceStateUnknown, LatencyError, ServiceUnavailable

log = structlog.get_logger()

_LONGEST_ASKED_S = 3600.0
_NO_RUNTIME_S = 60.0


class Daemon:
    """Runs until it is asked to stop. Everything that it works with is handed in.

    Args:
        stations: The devices that it serves, at least one.
        shutdown: Says when to stop, and sleeps.
        status: Is told how it goes.
        rng: Draws the jitter of the polls.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        stations: Sequence[Station],
        shutdown: Shutdown,
        status: AgentStatus,
        rng: random.Random,
        clock: Callable[[], float],
    ) -> None:
        self._stations = stations
        self._shutdown = shutdown
        self._status = status
        self._rng = rng
        self._clock = clock
        self._due = {station.name: clock() for station in stations}

    def run(self) -> None:
        """Work until asked to stop; a service that is away or forgetful is waited for, and so is a device.

        Raises:
            AgentTooOld: The service no longer takes this agent's protocol.
            NoWorkingRuntime: No runtime works on the only device.
            LatencyError: The service refuses what no waiting would mend.
        """
        while not self._shutdown.is_draining:
            for station in self._stations:
                if self._clock() >= self._due[station.name] and not self._shutdown.is_draining:
                    self._serve(station)
            wait_s = min(self._due.values()) - self._clock()
            if wait_s > 0 and not self._shutdown.is_draining:  # a request that a retry's wait took wakes no other wait
                self._shutdown.wait(wait_s)
        self._status.is_draining = True
        if not self._shutdown.is_aborting:
            for station in self._stations:
                station.leave()

    def _serve(self, station: Station) -> None:
        is_idle, asked_s, waiting = True, 0.0, [station]
        try:
            is_idle = not station.serve()
            self._status.service_reachable = True
        except ServiceUnavailable as error:
            self._report(station, "waiting for the service", error)
            self._status.service_reachable = False
            asked_s = min(error.extra.get("retry_after_s") or 0.0, _LONGEST_ASKED_S)
            waiting = list(self._stations)
        except (DeviceStateUnknown, DeviceNotFound) as error:
            self._report(station, "registering again", error)
            station.forget()
        except DeviceAway as error:
            self._report(station, "away", error)
        except NoWorkingRuntime as error:
            if len(self._stations) == 1:
                raise
            self._report(station, "out of work", error)
            asked_s = _NO_RUNTIME_S
        if is_idle:
            self._postpone(waiting, asked_s + station.poll_s * self._rng.uniform(0.5, 1.5))

    def _postpone(self, stations: Sequence[Station], wait_s: float) -> None:
        for station in stations:
            self._due[station.name] = self._clock() + wait_s

    def _report(self, station: Station, event: str, error: LatencyError) -> None:
        log.warning(event, device=station.name, reason=str(error))
        self._status.failed(f"{station.name}: {event}: {error}")
        station.say(f"{event} ({error})")
