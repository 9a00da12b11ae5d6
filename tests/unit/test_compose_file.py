"""docker-compose.yml: closed but for the service's port, nobody is root, and every variable is one that is read."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from device_agents.config import AgentSettings
from latency_service.settings import Settings
from search_client.cli import app as search_client
from tests.dockerfile import inherited, read_stages, user

Service = dict[str, Any]

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Service] = COMPOSE["services"]
STAGES = read_stages(ROOT / "packaging" / "Dockerfile")
ONE_SHOTS = {"password", "migrate", "keys"}
ON_DEMAND = {"search-client"}


def variables_of_search_client() -> Iterator[str]:
    command = typer.main.get_command(search_client)
    for each in getattr(command, "commands", {}).values():
        for parameter in each.params:
            names = parameter.envvar or ()
            yield from (names,) if isinstance(names, str) else names


def settable() -> set[str]:
    service = {f"LATENCY_SERVICE_{name}".upper() for name in Settings.model_fields}
    agent = {f"DEVICE_AGENT_{name}".upper() for name in AgentSettings.model_fields}
    return service | agent | set(variables_of_search_client())


def mounts(service: Service) -> dict[str, str]:
    """Return what a service mounts, each with `ro` or `rw`."""
    entries = [entry.split(":") for entry in service.get("volumes", ())]
    return {source: "ro" if mode == ["ro"] else "rw" for source, _, *mode in entries}


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_runs_as_root_nor_may_become_it(name: str) -> None:
    service = SERVICES[name]
    runs_as = service.get("user") or user(STAGES, service["build"]["target"])
    assert runs_as not in (None, "root", "0")
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_the_root_file_system_is_read_only(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert SERVICES[name]["tmpfs"] == ["/tmp"]


def test_only_the_service_is_published_and_on_loopback_unless_told_otherwise() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"service": ["${SERVICE_ADDRESS:-127.0.0.1}:${SERVICE_PORT:-8000}:8000"]}


def test_the_database_is_out_of_reach_but_for_those_who_need_it() -> None:
    assert COMPOSE["networks"]["database"] == {"internal": True}
    near = {name for name, service in SERVICES.items() if "database" in service.get("networks", ())}
    assert near == {"postgres", "migrate", "keys", "service"}
    assert SERVICES["postgres"]["networks"] == ["database"]


def test_secrets_are_mounted_where_they_are_needed_and_written_by_their_maker_alone() -> None:
    passwords = {
        name: mounts(each)["database-password"]
        for name, each in SERVICES.items()
        if "database-password" in mounts(each)
    }
    assert passwords == {"password": "rw", "migrate": "ro", "keys": "ro", "postgres": "ro", "service": "ro"}
    keys = {name: mounts(each)["keys"] for name, each in SERVICES.items() if "keys" in mounts(each)}
    assert keys == {"keys": "rw", "agent-cpu": "ro", "agent-gpu": "ro", "search-client": "ro"}


def test_no_secret_is_written_into_the_file() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert name.endswith("_FILE") or not re.search("PASSWORD|KEY$|SECRET|TOKEN", name), name
            assert not re.search("//[^/]*:[^/]*@", value or ""), name


@pytest.mark.parametrize("name", SERVICES)
def test_every_variable_is_one_that_the_program_reads(name: str) -> None:
    prefixes = ("LATENCY_", "DEVICE_AGENT_", "SEARCH_CLIENT_")
    ours = {variable for variable in SERVICES[name].get("environment", {}) if variable.startswith(prefixes)}
    assert ours <= settable()


def test_every_setting_of_the_service_has_its_place() -> None:
    names = {f"LATENCY_SERVICE_{name}".upper() for name in Settings.model_fields}
    assert names == SERVICES["service"]["environment"].keys()


def test_what_stays_up_is_watched_and_what_does_not_is_waited_for() -> None:
    waited_for = {
        dependency
        for service in SERVICES.values()
        for dependency, how in service.get("depends_on", {}).items()
        if how == {"condition": "service_completed_successfully"}
    }
    assert waited_for == ONE_SHOTS
    for name in SERVICES.keys() - ONE_SHOTS - ON_DEMAND:
        target = SERVICES[name].get("build", {}).get("target")
        of_image = [each for each in inherited(STAGES, target) if each.name == "HEALTHCHECK"] if target else []
        assert "healthcheck" in SERVICES[name] or of_image, name
        assert SERVICES[name]["restart"] == "unless-stopped"


def test_an_agent_has_whole_cores_and_the_torch_images_are_built_on_demand_only() -> None:
    assert not any(key in SERVICES["agent-cpu"] for key in ("cpus", "cpu_quota", "cpu_shares"))
    assert SERVICES["agent-gpu"]["profiles"] == ["gpu"]
    assert SERVICES["search-client"]["profiles"] == ["search"]
    assert {name for name, service in SERVICES.items() if "profiles" in service} == {"agent-gpu", "search-client"}


def test_every_image_of_ours_is_built_from_a_stage_that_is_there() -> None:
    for service in SERVICES.values():
        build = service.get("build")
        assert build is None or (build["dockerfile"] == "packaging/Dockerfile" and build["target"] in STAGES)
    assert [name for name, service in SERVICES.items() if "build" not in service] == ["postgres"]


def test_every_volume_that_is_mounted_is_named() -> None:
    mounted = {source for service in SERVICES.values() for source in mounts(service) if not source.startswith("/")}
    assert mounted == COMPOSE["volumes"].keys()
