"""InProcessLauncher: measures within the supervisor's own process, for hosts that cannot start a second one.

A child of its own protects the supervisor and the numbers, so this is for places without any: an emulated userland, a
locked-down container. What is given up:

- a runtime that crashes ends the agent; its next start gives the lease back, once;
- nothing can be killed: a workload that hangs holds the agent until its process is ended, as systemd's watchdog does;
- memory that a runtime leaks stays lost until the agent is restarted;
- the allocator and thread settings of `child_environment` are those that the agent itself was started with.
"""

import gc
import queue
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass

from device_agents.child.orders import Event, Order
from device_agents.child.process import ChildFailed
from device_agents.child.worker import RuntimeOf, carry_out
from device_agents.runtimes.registry import make_runtime


@dataclass(frozen=True)
class InProcessLauncher:
    """Carries out orders in a thread of this process; see the module for what that costs.

    Attributes:
        runtime_of: Makes the runtime that an order names.
    """

    runtime_of: RuntimeOf = make_runtime

    def events(self, order: Order, is_unwanted: Callable[[], bool] = lambda: False) -> Generator[Event, None, None]:
        """Yield what comes of the order, until it is done or `is_unwanted`; the thread has ended afterwards.

        The thread stands still while the caller works on an event: an upload never falls into a timed window.

        Raises:
            ChildFailed: The order could not be carried out.
        """
        turns = _Turns()
        thread = threading.Thread(
            target=_carry_out, args=(order, self.runtime_of, turns), daemon=True, name="measuring"
        )
        thread.start()
        try:
            while not is_unwanted():
                event = turns.next_event()
                if event is None:
                    return
                yield event
                turns.go_on()
        finally:
            turns.stop()
            thread.join()


class _Stopped(BaseException):
    """Unwinds the measuring thread; no Exception, which the stopwatch would take for a workload's failure."""


class _Turns:
    """Lets the measuring thread and its caller run by turns, as a coroutine would."""

    def __init__(self) -> None:
        self._said: queue.SimpleQueue[Event | Exception | None] = queue.SimpleQueue()
        self._may_go_on = threading.Semaphore(0)
        self._is_stopped = False

    def next_event(self) -> Event | None:
        """Return the thread's next event, or None when it is done."""
        said = self._said.get()
        if isinstance(said, Exception):
            raise ChildFailed("crashed", f"{type(said).__name__}: {said}") from said
        return said

    def go_on(self) -> None:
        """Let the thread work until its next event."""
        self._may_go_on.release()

    def stop(self) -> None:
        """End the thread where it waits, or at its next event."""
        self._is_stopped = True
        self._may_go_on.release()

    def emit(self, event: Event) -> None:
        """Say an event, from the thread, and wait until it may go on."""
        self._said.put(event)
        self._may_go_on.acquire()
        if self._is_stopped:
            raise _Stopped

    def end(self, error: Exception | None) -> None:
        """Say that the thread is done, or why it cannot go on."""
        self._said.put(error)


def _carry_out(order: Order, runtime_of: RuntimeOf, turns: _Turns) -> None:
    error = None
    try:
        carry_out(order, runtime_of, turns.emit)
    except _Stopped:
        gc.enable()  # the stopwatch has turned it off, and a child that is killed has no need of it
    except Exception as raised:
        error = raised
    finally:
        turns.end(error)
