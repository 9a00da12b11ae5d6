"""An agent's key acts for its own devices alone."""

from collections.abc import Iterator
from typing import Any

import pytest

from latency_service.contract.messages import ApiKeyCreated, JobId
from latency_service.settings import Settings
from tests.integration.service.calls import PROFILE, assert_problem, body
from tests.integration.service.guarded import Guarded, ManualTimer, bearer, guarded
from tests.service_data import DEVICE, keys, new_id, registration, success


@pytest.fixture
def service(database_url: str) -> Iterator[Guarded]:
    with guarded(Settings(database=database_url, keys="required"), ManualTimer()) as service:
        yield service


class Agent:
    """An agent of the device, with a key of its own."""

    def __init__(self, service: Guarded, devices: tuple[str, ...] = ()) -> None:
        self.key: ApiKeyCreated = service.create_key("agent", devices)
        self._client = service.client

    def ask(self, method: str, path: str, message: Any = None) -> Any:
        return self._client.request(method, path, json=message, headers=bearer(self.key))

    def register(self, name: str = DEVICE) -> Any:
        return self.ask("POST", "/v1/devices", body(registration(name)))

    def lend(self) -> Any:
        state = registration().state.fingerprint
        return self.ask("POST", "/v1/leases", {"device": DEVICE, "device_state": state, "runtimes": ["onnxruntime"]})


def leased(service: Guarded, agent: Agent) -> tuple[str, str]:
    """Return the token and the one job of a new lease."""
    assert agent.register().status_code == 200
    wanted = PROFILE | {"workloads": keys(1), "max_age_s": 0}
    created = service.client.post("/v1/profiles", json=wanted, headers=service.headers("requester"))
    assert created.status_code == 201, created.text
    lease = agent.lend().json()
    return lease["token"], lease["jobs"][0]["job_id"]


def calls(token: str, job_id: str) -> list[tuple[str, str, Any]]:
    result = body(success(JobId(job_id)))
    return [
        ("PUT", f"/v1/leases/{token}", None),
        ("PUT", f"/v1/leases/{token}/results/{new_id()}", result),
        ("POST", f"/v1/leases/{token}/results", {"results": [result | {"result_id": new_id()}]}),
        ("DELETE", f"/v1/leases/{token}", None),
        ("DELETE", f"/v1/devices/{DEVICE}/registration", None),
    ]


def test_another_key_can_do_nothing_with_a_device_and_its_leases(service: Guarded) -> None:
    owner, other = Agent(service), Agent(service)
    token, job_id = leased(service, owner)
    assert_problem(other.register(), 403, "forbidden")
    assert_problem(other.lend(), 403, "forbidden")
    for method, path, message in calls(token, job_id):
        assert_problem(other.ask(method, path, message), 403, "forbidden")
    assert owner.ask("PUT", f"/v1/leases/{token}").status_code == 200
    for method, path, message in calls(token, job_id)[1:]:
        assert owner.ask(method, path, message).status_code < 300, path


def test_an_admin_acts_for_any_device_and_takes_none_away(service: Guarded) -> None:
    owner = Agent(service)
    token, _ = leased(service, owner)
    admin = service.headers("admin")
    assert service.client.post("/v1/devices", json=body(registration()), headers=admin).status_code == 200
    assert service.client.put(f"/v1/leases/{token}", headers=admin).status_code == 200
    assert owner.register().status_code == 200


def test_a_key_registers_the_names_that_it_is_for(service: Guarded) -> None:
    agent = Agent(service, ("board-*", "pixel-[0-9]"))
    assert agent.register("board-7").status_code == 200
    assert agent.register("pixel-8").status_code == 200
    for name in ("tablet", "xboard-7", "pixel-10"):
        assert_problem(agent.register(name), 403, "forbidden")


def test_an_agent_whose_key_was_replaced_goes_on_where_it_was(service: Guarded) -> None:
    before, after = Agent(service), Agent(service)
    token, job_id = leased(service, before)
    service.revoke(before.key)
    handed_in = after.ask("PUT", f"/v1/leases/{token}/results/{new_id()}", body(success(JobId(job_id))))
    assert handed_in.status_code == 200, "what waits in the spool is handed in before the agent registers"
    assert_problem(after.lend(), 403, "forbidden")
    assert after.register().status_code == 200
    assert after.lend().status_code in (200, 204)
    third = Agent(service)
    assert_problem(third.register(), 403, "forbidden")


def test_a_device_of_the_time_before_keys_is_the_first_keys_that_registers_it(database_url: str) -> None:
    with guarded(Settings(database=database_url, keys="off"), ManualTimer()) as service:
        assert service.client.post("/v1/devices", json=body(registration())).status_code == 200
    with guarded(Settings(database=database_url, keys="required"), ManualTimer()) as service:
        first, second = Agent(service), Agent(service)
        assert first.register().status_code == 200
        assert_problem(second.register(), 403, "forbidden")
