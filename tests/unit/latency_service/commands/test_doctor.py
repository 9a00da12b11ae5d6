import json
from pathlib import Path

from typer.testing import CliRunner, Result

from latency_service.cli import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})


def test_a_service_in_order_is_told_in_few_words(database_url: str) -> None:
    result = run("doctor", "--database", database_url)
    assert result.exit_code == 0
    assert "good: database" in result.stdout
    assert "->" not in result.stdout


def test_what_is_bad_comes_with_how_to_mend_it_and_an_exit_code(tmp_path: Path) -> None:
    result = run("doctor", "--database", f"sqlite:///{tmp_path / 'latency.db'}")
    assert result.exit_code == 1
    assert "-> latency-service migrate" in result.stdout


def test_programs_get_the_same(tmp_path: Path) -> None:
    result = run("doctor", "--json", "--database", f"sqlite:///{tmp_path / 'latency.db'}")
    assert result.exit_code == 1
    findings = {finding["name"]: finding for finding in json.loads(result.stdout)["findings"]}
    assert (findings["revision"]["severity"], findings["database"]["severity"]) == ("bad", "good")
