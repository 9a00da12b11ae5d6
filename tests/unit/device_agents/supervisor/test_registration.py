import json

import httpx
import pytest

from device_agents.runtimes.base import DeviceAway
from device_agents.supervisor.registration import NoWorkingRuntime, Registrar
from latency_service.contract.device import DeviceState
from tests.fake_worker import launcher
from tests.unit.device_agents.fake_device import BROKEN, WORKS, FakeDevice
from tests.unit.device_agents.parts import client_of


class Desk:
    """Answers registrations as the service does, and keeps them."""

    def __init__(self) -> None:
        self.seen: list[dict[str, object]] = []
        self.device = FakeDevice()
        self.registrar = Registrar(client_of(httpx.MockTransport(self._handle)), self.device, launcher())

    def _handle(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.seen.append(body)
        fingerprint = DeviceState.model_validate(body["state"]).fingerprint
        answer = {"device_id": "d", "device_state": fingerprint, "poll_s": 1, "renew_s": 1, "lease_s": 3}
        return httpx.Response(200, json=answer)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_unchanged_device_registers_and_is_probed_once(desk: Desk) -> None:
    assert desk.registrar.registered() == desk.registrar.registered()
    assert len(desk.seen) == 1
    assert desk.seen[0]["name"] == "board"
    assert desk.device.probes == 1


def test_a_device_that_has_changed_registers_again(desk: Desk) -> None:
    before = desk.registrar.registered()
    desk.device.kernel = "6.2"
    assert desk.registrar.registered().device_state != before.device_state
    assert len(desk.seen) == 2


def test_a_forgotten_device_registers_again(desk: Desk) -> None:
    desk.registrar.registered()
    desk.registrar.forget()
    desk.registrar.registered()
    assert len(desk.seen) == 2


def test_only_runtimes_that_work_are_offered(desk: Desk) -> None:
    desk.device.statuses = {"fake": WORKS, "other": BROKEN}
    desk.registrar.registered()
    assert desk.registrar.runtimes == ("fake",)


def test_where_no_runtime_works_the_reasons_are_told_and_they_are_tried_anew(desk: Desk) -> None:
    desk.device.statuses = {"other": BROKEN}
    with pytest.raises(NoWorkingRuntime, match="other: no such module"):
        desk.registrar.registered()
    desk.device.statuses = {"other": WORKS}
    assert desk.registrar.registered()


def test_a_device_that_is_away_at_first_joins_later(desk: Desk) -> None:
    desk.device.is_away = True
    with pytest.raises(DeviceAway):
        desk.registrar.registered()
    assert desk.seen == []
    desk.device.is_away = False
    assert desk.registrar.registered()
    assert desk.registrar.runtimes == ("fake",)
