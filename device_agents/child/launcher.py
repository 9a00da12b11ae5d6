"""Launcher: where an order is carried out - in a child of its own, or within this process."""

from collections.abc import Callable, Generator
from typing import Literal, Protocol, assert_never

from device_agents.child.in_process import InProcessLauncher
from device_agents.child.orders import Event, Order
from device_agents.child.process import ChildLauncher

Isolation = Literal["process", "none"]


class Launcher(Protocol):
    """Has orders carried out."""

    def events(self, order: Order, is_unwanted: Callable[[], bool] = ...) -> Generator[Event, None, None]:
        """Yield what is said about the order, until it is done or `is_unwanted`.

        Raises:
            ChildFailed: The order could not be carried out to its end.
        """


def make_launcher(isolation: Isolation, deadline_s: float) -> Launcher:
    """Return the launcher of that isolation; `none` has no deadline, since nothing can end a thread that hangs."""
    match isolation:
        case "process":
            return ChildLauncher(deadline_s)
        case "none":
            return InProcessLauncher()
        case _:
            assert_never(isolation)
