"""Heartbeat: proof that the main loop goes on; systemd's watchdog and `/status` hear of it."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from device_agents.child.launcher import Launcher
from device_agents.child.orders import Event, Order
from device_agents.supervisor.systemd import Systemd

_QUIET_S = 5.0


class Heartbeat:
    """Beaten by the main loop alone, wherever it waits. A thread that beats by itself would prove nothing.

    Args:
        clock: Monotonic seconds.
        systemd: Who is told; not more often than every few seconds.
    """

    def __init__(self, clock: Callable[[], float], systemd: Systemd) -> None:
        self._clock = clock
        self._systemd = systemd
        self._told = self._last = clock()

    def beat(self) -> None:
        """Say that the main loop goes on; microseconds."""
        self._last = self._clock()
        if self._last - self._told >= _QUIET_S:
            self._told = self._last
            self._systemd.is_alive()

    @property
    def silent_s(self) -> float:
        """Seconds since the last beat; may be read by any thread."""
        return self._clock() - self._last


@dataclass(frozen=True)
class BeatingLauncher:
    """A launcher whose caller's heart beats while it waits for a child."""

    launcher: Launcher
    heartbeat: Heartbeat

    def events(self, order: Order, is_unwanted: Callable[[], bool] = lambda: False) -> Generator[Event, None, None]:
        """Yield what the launcher yields.

        Raises:
            ChildFailed: The order could not be carried out to its end.
        """

        def beat_and_ask() -> bool:
            self.heartbeat.beat()
            return is_unwanted()

        return self.launcher.events(order, beat_and_ask)
