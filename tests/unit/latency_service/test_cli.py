from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import uvicorn
from fastapi import FastAPI
from sqlalchemy import URL, make_url
from typer.testing import CliRunner, Result

from latency_service import schema
from latency_service.cli import app
from latency_service.database import Database
from tests.engines import PostgresServer


class Server:
    """Stands for uvicorn: takes what it was asked to serve, and returns at once."""

    def __init__(self) -> None:
        self.app: FastAPI | None = None
        self.options: dict[str, Any] = {}

    def run(self, app: FastAPI, **options: Any) -> None:
        self.app, self.options = app, options


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(uvicorn, "run", server.run)
    return server


@pytest.fixture(autouse=True)
def _default_logging() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_migrate_tells_the_revision(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'latency.db'}"
    result = run("migrate", "--database", url)
    assert result.exit_code == 0
    assert schema.newest_revision() in result.stdout
    schema.check_is_current(Database(url))


def test_migrate_can_only_look(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'latency.db'}"
    before = run("migrate", "--check", "--database", url)
    assert before.exit_code == 1
    assert "latency-service migrate" in before.stderr
    run("migrate", "--database", url)
    assert run("migrate", "--check", "--database", url).exit_code == 0


def test_the_password_of_the_database_is_read_and_never_said(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.create()
    given = make_url(url)
    (tmp_path / "password").write_text("hunter2\n")
    monkeypatch.setenv("LATENCY_SERVICE_DATABASE_PASSWORD_FILE", str(tmp_path / "password"))
    without = URL.create("postgresql", given.username, None, given.host, given.port, given.database, given.query)
    result = run("migrate", "--database", without.render_as_string())
    assert "hunter2" not in result.output
    unreachable = run("migrate", "--database", "postgresql://latency@127.0.0.1:1/latency")
    assert (unreachable.exit_code, "127.0.0.1" in unreachable.stderr) == (1, True)
    assert "hunter2" not in unreachable.output
    postgres.drop(url)


def test_serve_migrates_first_and_listens_on_loopback(tmp_path: Path, server: Server) -> None:
    url = f"sqlite:///{tmp_path / 'latency.db'}"
    result = run("serve", "--database", url, "--port", "8123", "--lease-s", "6")
    assert result.exit_code == 0
    schema.check_is_current(Database(url))
    assert server.app is not None
    assert server.app.state.context.settings.renew_s == 2
    assert (server.options["host"], server.options["port"]) == ("127.0.0.1", 8123)
    assert "no keys" not in result.output


@pytest.mark.parametrize(("host", "refused"), [("0.0.0.0", True), ("::1", False), ("localhost", False), ("box", True)])
def test_serving_others_without_keys_is_refused(tmp_path: Path, server: Server, host: str, refused: bool) -> None:
    result = run("serve", "--database", f"sqlite:///{tmp_path / 'latency.db'}", "--host", host)
    assert ("needs API keys, and there are none" in result.stderr) == refused
    assert (server.app is None) == refused


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--database", "mysql://host/latency"], "'mysql' is not supported"),
        (["--database", "sqlite:////proc/latency/latency.db"], "/proc/latency"),
        (["--port", "0"], "port: Input should be greater than or equal to 1"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(server: Server, arguments: list[str], said: str) -> None:
    result = run("serve", *arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert server.app is None


def test_a_configuration_file_is_read(tmp_path: Path, server: Server) -> None:
    file = tmp_path / "service.toml"
    file.write_text(f"""database = "sqlite:///{tmp_path / "latency.db"}"\nport = 8124\nshutdown_s = 2.5\n""")
    assert run("serve", "--config", str(file)).exit_code == 0
    assert (server.options["port"], server.options["timeout_graceful_shutdown"]) == (8124, 3)


def test_the_servers_own_logs_go_where_ours_do(tmp_path: Path, server: Server) -> None:
    run("serve", "--database", f"sqlite:///{tmp_path / 'latency.db'}")
    assert server.options["log_config"] is None
    assert server.options["access_log"] is False


def test_a_file_that_is_no_database_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "latency.db").write_text("no database at all, but long enough to have a header that is wrong" * 9)
    result = run("migrate", "--database", f"sqlite:///{tmp_path / 'latency.db'}")
    assert result.exit_code == 1
    assert "the database cannot be used" in result.stderr
