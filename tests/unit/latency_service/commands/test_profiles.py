import json

import pytest
from typer.testing import CliRunner, Result

from latency_service.cli import app
from tests.old_databases import DONE, FAILED, RUNNING


def run(filled_url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["profiles", *arguments, "--database", filled_url], env={"COLUMNS": "200"})


def test_profiles_are_listed_by_state(filled_url: str) -> None:
    shown = run(filled_url, "list", "--state", "running").stdout
    assert RUNNING in shown
    assert DONE not in shown
    assert {each["profile_id"] for each in json.loads(run(filled_url, "list", "--json").stdout)["profiles"]} == {
        RUNNING,
        DONE,
    }


def test_a_profile_is_shown_with_the_reasons_of_its_failures(filled_url: str) -> None:
    shown = run(filled_url, "show", RUNNING).stdout
    assert "2 succeeded" in shown
    assert f"{FAILED}: crashed after 3 attempts: signal 11" in shown


def test_a_profile_that_is_cancelled_is_so_at_once(filled_url: str) -> None:
    assert run(filled_url, "cancel", RUNNING).exit_code == 0
    assert json.loads(run(filled_url, "show", RUNNING, "--json").stdout)["state"] == "cancelled"
    assert json.loads(run(filled_url, "list", "--state", "running", "--json").stdout)["profiles"] == []


@pytest.mark.parametrize(
    ("command", "profile", "said"), [("show", "nobody", "no profile"), ("cancel", DONE, "is done")]
)
def test_what_cannot_be_done_is_said_in_one_line(filled_url: str, command: str, profile: str, said: str) -> None:
    result = run(filled_url, command, profile)
    assert result.exit_code == 1
    assert said in result.stderr
