"""Rig: a real service with a short lease, real agents over the fake runtime, and a faulty proxy between them."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import DeviceNotFound
from latency_service.contract.messages import ProfileId, ProfileRequest, ProfileStatus
from latency_service.contract.network import WorkloadKey, workload_key
from search_client.latency.client import ServiceClient
from tests.fake_child import INSTANT, op
from tests.faults.ledger import Ledger, read_ledger
from tests.faulty_proxy import FaultyProxy, proxied
from tests.processes import AgentProcess, ServiceProcess, start_fake_agent, start_service

LEASE_S = 2.0
#: A job of a dead agent is free again within a lease; twice that is the promise.
STUCK_S = 2 * LEASE_S
DEADLINE_S = 60.0
_POLL_S = 0.05


def eventually(condition: Callable[[], bool], within_s: float = DEADLINE_S) -> None:
    """Return once the condition holds."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {within_s:g} s"
        time.sleep(_POLL_S)


class Service:
    """A service that can be killed and started again, at the same address and on the same database."""

    def __init__(self, folder: Path, max_attempts: int = 3) -> None:
        self._folder = folder
        self._settings = {"LATENCY_SERVICE_POLL_S": "0.1", "LATENCY_SERVICE_MAX_ATTEMPTS": str(max_attempts)}
        self._process = self._start(None)

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._process.url

    def kill(self) -> None:
        """End it at once (SIGKILL), if it still runs."""
        self._process.kill()

    def start_again(self) -> None:
        """Start it where it was."""
        self._process = self._start(int(self.url.rpartition(":")[2]))

    def _start(self, port: int | None) -> ServiceProcess:
        return start_service(self._folder, port, LEASE_S, self._settings)


@dataclass(frozen=True)
class Asked:
    """A profile that was asked for, and its workloads."""

    profile_id: ProfileId
    workloads: tuple[WorkloadKey, ...]


class Rig:
    """One device of the service, its agents, and the proxy that they all go through; the client goes past it."""

    def __init__(self, service_url: str, device: str, folder: Path, stack: ExitStack) -> None:
        self.device = device
        self.proxy: FaultyProxy = stack.enter_context(proxied(service_url))
        self.client = stack.enter_context(ServiceClient(service_url))
        self._folder = folder
        self._stack = stack

    def start_agent(self, *options: str, life_of: str = "agent") -> AgentProcess:
        """Start an agent of the device; those with the same `life_of` are lives of one agent, on one state folder."""
        agent = start_fake_agent(self.proxy.url, self._folder / life_of, "--name", self.device, *options)
        self._stack.callback(agent.kill)
        return agent

    def ask(self, count: int, behaviour: int = INSTANT, first: int = 0) -> Asked:
        """Ask for ops that behave so to be measured, once the device is there; they are numbered from `first`."""
        eventually(self._has_registered)
        ops = tuple(op(behaviour, number) for number in range(first, first + count))
        request = ProfileRequest(device=self.device, conditions=Conditions(runtime="fake"), workloads=ops)
        return Asked(self.client.create_profile(request).profile_id, tuple(map(workload_key, ops)))

    def status(self, asked: Asked) -> ProfileStatus:
        """Return how far a profile is."""
        return self.client.profile(asked.profile_id)

    def wait_until_lent(self, asked: Asked) -> None:
        """Return once an agent has jobs of the profile."""
        eventually(lambda: self.status(asked).counts["leased"] > 0)

    def wait_until_free(self, asked: Asked) -> None:
        """Return once no job of the profile lies with an agent; with none alive that is to be within twice a lease."""
        eventually(lambda: self.status(asked).counts["leased"] == 0, within_s=STUCK_S)

    def settle(self, asked: Asked) -> Ledger:
        """Wait until the profile is done and all results have been delivered, and return its account."""
        eventually(lambda: self.is_settled(asked))
        return read_ledger(self.client, self.status(asked), asked.workloads)

    def is_settled(self, asked: Asked) -> bool:
        """Say whether the profile is done and no result waits for its upload."""
        return self.status(asked).state == "done" and not self.spooled()

    def spooled(self) -> list[Path]:
        """Return the results that wait for their upload, of all agents."""
        return list(self._folder.glob("*/**/spool/*.json"))

    def rejected(self) -> list[Path]:
        """Return the results that the service has refused, of all agents."""
        return list(self._folder.glob("*/**/spool/rejected/*"))

    def _has_registered(self) -> bool:
        try:
            return self.client.device(self.device).name == self.device
        except DeviceNotFound:
            return False


@contextmanager
def rigged(service_url: str, device: str, folder: Path) -> Iterator[Rig]:
    """Yield a rig, and end all that it started."""
    with ExitStack() as stack:
        yield Rig(service_url, device, folder, stack)


def assert_whole(rig: Rig, asked: Asked) -> Ledger:
    """Check that every workload of the profile was measured, and counted once; return the account."""
    ledger = rig.settle(asked)
    assert ledger.lost == ()
    assert ledger.failed == ()
    assert ledger.twice == ()
    assert rig.rejected() == []
    return ledger
