from pathlib import Path

from typer.testing import CliRunner, Result

from latency_service import schema
from latency_service.cli import app
from latency_service.database import Database


def run(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["backup", *arguments, "--database", f"sqlite:///{tmp_path / 'latency.db'}"])


def test_a_backup_is_a_database_that_can_be_served(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'latency.db'}")
    schema.migrate(database)
    database.close()
    result = run(tmp_path, str(tmp_path / "copy.db"))
    assert (result.exit_code, "copy.db: " in result.stdout) == (0, True)
    schema.check_is_current(Database(f"sqlite:///{tmp_path / 'copy.db'}"))


def test_a_backup_that_is_there_already_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "copy.db").touch()
    result = run(tmp_path, str(tmp_path / "copy.db"))
    assert result.exit_code == 1
    assert "copy.db is there already" in result.stderr
