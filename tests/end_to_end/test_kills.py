"""kill -9 in the middle of a profile: of the agent, and of the service. Both end with a complete table."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from demo.processes import console_script
from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import DeviceNotFound, ServiceUnavailable
from latency_service.contract.messages import ProfileCreated, ProfileRequest, ProfileStatus
from search_client.latency.client import ServiceClient
from search_client.spaces.proxyless_cifar import proxyless_cifar
from tests.processes import ServiceProcess, start_service

DEVICE = "victim"
OPS = proxyless_cifar().ops()
DEADLINE_S = 160.0
LEASE_S = 6.0


class Rig:
    """A real service and a real agent that can be killed and started again."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self.service = self._started(start_service(folder, lease_s=LEASE_S))
        self.client = stack.enter_context(ServiceClient(self.service.url))
        self.agent = self.start_agent()

    def start_agent(self) -> "subprocess.Popen[bytes]":
        flags = ["--server", self.service.url, "--name", DEVICE, "--runtime", "onnxruntime", "--threads", "1"]
        command = [console_script("device-agent"), "run", *flags, "--state-dir", str(self._folder / "agent")]
        log = self._stack.enter_context((self._folder / "agent.log").open("ab"))
        agent = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._stack.callback(agent.wait)
        self._stack.callback(agent.kill)
        return agent

    def kill_agent(self) -> None:
        self.agent.kill()
        self.agent.wait()

    def restart_service(self) -> None:
        port = int(self.service.url.rpartition(":")[2])
        self.service.kill()
        self.service = self._started(start_service(self._folder, port=port, lease_s=LEASE_S))

    def profile(self) -> ProfileCreated:
        eventually(self._has_registered)
        request = ProfileRequest(device=DEVICE, conditions=Conditions(runtime="onnxruntime"), workloads=OPS)
        return self.client.create_profile(request)

    def status(self, profile: ProfileCreated) -> ProfileStatus:
        return self.client.profile(profile.profile_id)

    def _has_registered(self) -> bool:
        try:
            return self.client.device(DEVICE).name == DEVICE
        except DeviceNotFound:
            return False

    def _started(self, service: ServiceProcess) -> ServiceProcess:
        self._stack.callback(service.process.wait)
        self._stack.callback(service.process.kill)
        return service


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with ExitStack() as stack:
        yield Rig(tmp_path, stack)


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def wait_for_the_middle(rig: Rig, profile: ProfileCreated) -> None:
    eventually(lambda: rig.status(profile).counts["succeeded"] >= 3)
    assert rig.status(profile).state == "running"


def assert_complete(rig: Rig, profile: ProfileCreated) -> None:
    eventually(lambda: rig.status(profile).state == "done")
    status = rig.status(profile)
    assert status.failures == ()
    assert status.snapshot_id is not None
    entries = rig.client.snapshot(status.snapshot_id).ops
    assert len(entries) == len(OPS)


def test_an_agent_killed_in_the_middle_of_a_profile_and_started_again_completes_the_table(rig: Rig) -> None:
    profile = rig.profile()
    wait_for_the_middle(rig, profile)
    rig.kill_agent()
    rig.start_agent()
    assert_complete(rig, profile)


def test_a_service_killed_in_the_middle_of_a_profile_and_started_again_completes_the_table(rig: Rig) -> None:
    profile = rig.profile()
    wait_for_the_middle(rig, profile)
    before = rig.status(profile).counts["succeeded"]
    rig.restart_service()
    assert rig.status(profile).counts["succeeded"] >= before
    assert_complete(rig, profile)


def test_a_client_of_a_service_that_is_gone_is_told_so(rig: Rig) -> None:
    rig.service.kill()
    with pytest.raises(ServiceUnavailable, match="cannot be reached"):
        rig.client.devices()
