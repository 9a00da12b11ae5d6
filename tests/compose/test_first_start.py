"""`docker compose up` alone: a service that answers to its keys, an agent that measures, nothing that is open."""

import time
from pathlib import Path

import httpx
import pytest
import yaml

from tests.compose.stack import OP, SCOPES, Stack, finished, latency, request_profile

pytestmark = pytest.mark.timeout(1800)  # images are built

RUNNING = ("postgres", "service", "agent-cpu")
SERVICES = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text())["services"]
MODULES = {
    "service": ("torch", "onnxruntime", "ai_edge_litert"),
    "agent-cpu": ("torch", "fastapi", "sqlalchemy", "psycopg"),
}


def test_the_first_start_ends_with_a_measured_op(stack: Stack) -> None:
    with stack.client(stack.key("requester")) as client:
        status = finished(client, request_profile(client))
        entry = latency(client)
    stack.seconds["first start to a measured op by REST"] = time.monotonic() - stack.first_start_at
    assert status.failures == ()
    assert status.counts["succeeded"] == 1
    assert entry.workload == OP
    assert entry.latency_ms > 0


def test_without_a_key_the_service_says_only_that_it_is_there(stack: Stack) -> None:
    with stack.client(None) as nobody:
        assert nobody.get("/health/ready").status_code == 200
        for path in ("/v1/devices", "/v1/tables", "/v1/keys", "/metrics"):
            assert nobody.get(path).status_code == 401, path


def test_a_key_does_what_it_is_for_and_no_more(stack: Stack) -> None:
    with stack.client(stack.key("reader")) as reader, stack.client(stack.key("admin")) as admin:
        assert reader.get("/v1/devices").status_code == 200
        assert reader.post("/v1/profiles", json={}).status_code == 403
        assert reader.get("/v1/keys").status_code == 403
        assert len(admin.get("/v1/keys").raise_for_status().json()["keys"]) == len(SCOPES)


@pytest.mark.parametrize("service", RUNNING)
def test_nobody_is_root_and_nothing_can_be_written_but_volumes(stack: Stack, service: str) -> None:
    assert stack.compose("exec", "--no-TTY", service, "id", "-u").strip() != "0"
    for folder in ("/", "/etc", "/opt", "/usr/local/bin", "/var/lib"):
        assert not stack.succeeds(service, "touch", f"{folder}/probe"), folder
    assert stack.succeeds(service, "touch", "/tmp/probe")


@pytest.mark.parametrize("service", MODULES)
def test_an_image_holds_no_other_programs_packages(stack: Stack, service: str) -> None:
    for module in MODULES[service]:
        assert not stack.succeeds(service, "python", "-c", f"import {module}"), module
    assert stack.succeeds(service, "python", "-c", "import latency_service.contract")


def test_each_sees_only_its_own_secrets(stack: Stack) -> None:
    assert stack.read("agent-cpu", "/secrets/keys/agent.key").strip() == stack.key("agent")
    for scope in {*SCOPES} - {"agent"}:
        assert not stack.succeeds("agent-cpu", "cat", f"/secrets/keys/{scope}.key"), scope
    for command in (["ls", "/secrets/keys"], ["cat", "/secrets/database/password"]):
        assert not stack.succeeds("agent-cpu", *command)
    assert not stack.succeeds("service", "cat", "/secrets/keys/admin.key")
    assert not stack.succeeds("service", "sh", "-c", "echo x > /secrets/database/password")


def test_the_logs_hold_no_secret(stack: Stack, requester: httpx.Client) -> None:
    with stack.client("plk_of_nobody") as stranger:
        assert stranger.get("/v1/devices").status_code == 401
    logs = stack.compose("logs", "--no-color")
    assert "agent-cpu" in logs
    keys = [stack.key(scope) for scope in SCOPES]
    for secret in [stack.read("service", "/secrets/database/password"), *keys]:
        assert len(secret) >= 32
        assert secret not in logs
        assert secret.rpartition("_")[2] not in logs


def test_what_docker_shows_of_a_container_holds_no_secret(stack: Stack) -> None:
    shown = stack.compose("config") + stack.compose("exec", "--no-TTY", "service", "env")
    for secret in [stack.read("service", "/secrets/database/password"), *map(stack.key, SCOPES)]:
        assert secret not in shown


def test_down_and_up_keeps_the_table_and_the_keys(stack: Stack, requester: httpx.Client) -> None:
    before, secrets = latency(requester), [stack.key(scope) for scope in SCOPES]
    stack.timed("down", "down")
    stack.timed("up --wait, again", "up", "--detach", "--wait")
    assert latency(requester) == before
    assert [stack.key(scope) for scope in SCOPES] == secrets
    again = request_profile(requester)  # the same device in the same state, so the table still is its own
    assert (again.measured, again.queued) == ((OP,), ())


def test_a_network_is_profiled_from_the_search_clients_image(stack: Stack, requester: httpx.Client) -> None:
    stack.timed("image of the search client built", "build", "search-client")
    profile = ("profile", "--network", "mobilenet-v2", "--resolution", "32", "--device", "cpu")
    answer = stack.compose("run", "--rm", "--no-TTY", "search-client", *profile, "--runtime", "onnxruntime", "--json")
    assert '"snapshot_id"' in answer
