"""Board: an emulated device with the agent installed."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.board.architectures import Architecture
from tests.board.userland import Userland

_DEADLINE_S = 600.0
_POLL_S = 0.2


@dataclass(frozen=True)
class RunningAgent:
    """An agent on a board, and where it logs."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until something has happened, which it never will once the agent has ended."""
        deadline = time.monotonic() + _DEADLINE_S
        while not condition():
            assert self.process.poll() is None, f"the agent has ended:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, f"it did not happen in time:\n{self.log.read_text()}"
            time.sleep(_POLL_S)

    def drain(self) -> int:
        """Ask it to finish (SIGTERM) and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_DEADLINE_S)


@dataclass(frozen=True)
class Board:
    """A userland and the agent in it.

    Attributes:
        agent: The folder that the agent's wheel is installed in.
    """

    userland: Userland
    agent: Path

    @property
    def architecture(self) -> Architecture:
        """What kind of board it is."""
        return self.userland.architecture

    def output(self, *arguments: str) -> str:
        """Run Python with these arguments to its end and return what it printed on stdout."""
        command, environment = self.userland.python(*arguments), self.userland.environment(self.agent)
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def running_agent(self, name: str, server: str, folder: Path) -> Iterator[RunningAgent]:
        """Run `device-agent run` as the device `name`, all its files in `folder`; it is gone afterwards."""
        arguments = ["-m", "device_agents", "run", "--isolation", "none", "--server", server, "--name", name]
        environment = {**self.userland.environment(self.agent), "DEVICE_AGENT_LOCK_DIR": str(folder)}
        command = self.userland.python(*arguments, "--state-dir", str(folder / "state"))
        log = folder / "agent.log"
        with log.open("wb") as output:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            try:
                yield RunningAgent(process, log)
            finally:
                process.kill()
                process.wait()
