import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from latency_service.cli import app
from latency_service.clock import utc_now
from latency_service.contract.messages import ApiKeyRequest
from latency_service.database import Database
from latency_service.repositories import devices
from latency_service.services import access
from tests.service_data import START, registration


@pytest.fixture
def database(filled_url: str) -> Iterator[Database]:
    database = Database(filled_url)
    yield database
    database.close()


def run(database: Database, *arguments: str) -> Result:
    url = database.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(app, ["devices", *arguments, "--database", url], env={"COLUMNS": "200"})


def test_devices_are_listed_with_what_waits_for_them(database: Database) -> None:
    database.write(lambda session: devices.register(session, registration("another"), utc_now()))
    lines = run(database, "list").stdout.splitlines()
    (board,) = [line for line in lines if "board" in line]
    (another,) = [line for line in lines if "another" in line]
    assert "2030-01-01 00:00" in board
    assert [cell.strip() for cell in board.split("│")][4] == "1"
    assert "up" in another


def test_a_list_for_programs_names_the_owner(database: Database) -> None:
    request = ApiKeyRequest(name="lab", scope="agent")
    key = database.write(lambda session: access.create(session, request, START))
    database.write(lambda session: setattr(devices.get(session, "board"), "owner_key_id", key.key_id))
    (board,) = json.loads(run(database, "list", "--json").stdout)["devices"]
    assert (board["device"]["name"], board["queued"], board["owner"]) == ("board", 1, "lab")


def test_a_device_is_shown_with_its_facts_as_they_are(database: Database) -> None:
    message = registration("board", governor="[red]performance")
    database.write(lambda session: devices.register(session, message, START))
    shown = run(database, "show", "board").stdout
    assert "[red]performance" in shown
    assert "1 jobs, since 2030-01-01 00:00" in shown


def test_a_device_that_is_not_there_is_said_in_one_line(database: Database) -> None:
    result = run(database, "show", "nobody")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert "nobody" in result.stderr


def test_a_database_of_another_revision_is_not_read(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["devices", "list", "--database", f"sqlite:///{tmp_path / 'latency.db'}"])
    assert result.exit_code == 1
    assert "latency-service migrate" in result.stderr
