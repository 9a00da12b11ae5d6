"""Systemd: tells the service manager how the agent is, by the datagrams of sd_notify(3).

Our own few lines: the protocol is one datagram, python-systemd wants a compiler, and sdnotify has slept since 2017.
"""

import os
import socket
from collections.abc import MutableMapping

import structlog

log = structlog.get_logger()

_TIMEOUT_S = 1.0


class Systemd:
    """Sends notifications to a socket, or nowhere where the agent was not started by systemd.

    Args:
        address: The socket's path; one that starts with `@` is abstract. None sends nothing.
    """

    def __init__(self, address: str | None) -> None:
        self._address = "\0" + address[1:] if address and address[0] == "@" else address
        self._status = ""

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str] = os.environ) -> "Systemd":
        """Take the address out of the environment, so that no child speaks for its supervisor."""
        return cls(environment.pop("NOTIFY_SOCKET", None))

    def is_ready(self) -> None:
        """Say that the agent has started."""
        self._send("READY=1")

    def is_alive(self) -> None:
        """Keep the watchdog from ending the agent."""
        self._send("WATCHDOG=1")

    def is_stopping(self) -> None:
        """Say that the agent is about to go."""
        self._send("STOPPING=1")

    def says(self, status: str) -> None:
        """Say in one line what goes on; shown by `systemctl status`."""
        line = status.replace("\n", " ")
        if line != self._status:
            self._status = line
            self._send(f"STATUS={line}")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.settimeout(_TIMEOUT_S)
                sender.sendto(message.encode(), self._address)
        except OSError as error:
            log.warning("systemd was not told", message=message, reason=str(error))
