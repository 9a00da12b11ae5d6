import json
from pathlib import Path

import httpx
import pytest

from device_agents.host_files import HostFiles
from device_agents.registration import NoWorkingRuntime, Registrar, probe_runtimes
from latency_service.contract.device import DeviceState, RuntimeStatus
from tests.fake_worker import launcher
from tests.unit.device_agents.parts import client_of

WORKS = RuntimeStatus(available=True, version="1.0")
BROKEN = RuntimeStatus(available=False, reason="no such module")


class Desk:
    """Answers registrations as the service does, and keeps them."""

    def __init__(self) -> None:
        self.seen: list[dict[str, object]] = []

    def registrar(self, root: Path, **statuses: RuntimeStatus) -> Registrar:
        client = client_of(httpx.MockTransport(self._handle))
        return Registrar(client, "board", statuses, HostFiles(root), (0,))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.seen.append(body)
        fingerprint = DeviceState.model_validate(body["state"]).fingerprint
        answer = {"device_id": "d", "device_state": fingerprint, "poll_s": 1, "renew_s": 1, "lease_s": 3}
        return httpx.Response(200, json=answer)


def test_an_unchanged_host_registers_once(tmp_path: Path) -> None:
    desk = Desk()
    registrar = desk.registrar(tmp_path, fake=WORKS)
    assert registrar.registered() == registrar.registered()
    assert len(desk.seen) == 1
    assert desk.seen[0]["name"] == "board"


def test_a_host_that_has_changed_registers_again(tmp_path: Path) -> None:
    desk = Desk()
    registrar = desk.registrar(tmp_path, fake=WORKS)
    before = registrar.registered()
    governor = tmp_path / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
    governor.parent.mkdir(parents=True)
    governor.write_text("powersave")
    assert registrar.registered().device_state != before.device_state
    assert len(desk.seen) == 2


def test_a_forgotten_device_registers_again(tmp_path: Path) -> None:
    desk = Desk()
    registrar = desk.registrar(tmp_path, fake=WORKS)
    registrar.registered()
    registrar.forget()
    registrar.registered()
    assert len(desk.seen) == 2


def test_only_runtimes_that_work_are_offered(tmp_path: Path) -> None:
    assert Desk().registrar(tmp_path, fake=WORKS, other=BROKEN).runtimes == ("fake",)


def test_where_no_runtime_works_there_is_no_agent(tmp_path: Path) -> None:
    with pytest.raises(NoWorkingRuntime, match="other: no such module"):
        Desk().registrar(tmp_path, other=BROKEN)


def test_runtimes_are_probed_in_children() -> None:
    assert probe_runtimes(launcher(), ("fake",)) == {"fake": WORKS}
