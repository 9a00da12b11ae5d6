from pathlib import Path

import pytest

from device_agents.config import default_files, load_settings
from latency_service.contract.errors import InvalidInput


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "agent.toml"
    path.write_text('server = "http://from-file:1"\nname = "from-file"\nthreads = 2\ncores = [2, 3]\n')
    return path


def test_flags_win_over_the_environment_over_the_file_over_defaults(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEVICE_AGENT_SERVER", "http://from-environment:1")
    monkeypatch.setenv("DEVICE_AGENT_NAME", "from-environment")
    settings = load_settings(file, {"server": "http://from-flag:1", "name": None, "threads": None})
    assert str(settings.server) == "http://from-flag:1/"
    assert settings.name == "from-environment"
    assert settings.threads == 2
    assert settings.cores == (2, 3)
    assert settings.max_jobs == 32


def test_without_a_named_file_the_users_own_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    users = default_files()[0]
    assert users == tmp_path / "device-agent" / "config.toml"
    users.parent.mkdir()
    users.write_text('name = "from-the-users-file"\n')
    assert load_settings(None, {}).name == "from-the-users-file"


def test_a_named_file_keeps_the_default_ones_out(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "device-agent").mkdir()
    default_files()[0].write_text("max_jobs = 1\n")
    assert load_settings(file, {}).max_jobs == 32


def test_a_flag_of_zero_or_false_is_a_flag(file: Path) -> None:
    assert load_settings(file, {"status_port": 0}).status_port == 0
    with pytest.raises(InvalidInput, match=r"threads: .*got 0"):
        load_settings(file, {"threads": 0})


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"threads": -1}, "threads: .*got -1"),
        ({"server": "127.0.0.1:8000"}, "server: .*127.0.0.1:8000"),
        ({"server": "http://host:99999"}, "server: .*port"),
        ({"name": "../x"}, "name: "),
        ({"cores": "a"}, "cores.0: "),
        ({"host": False}, "wrong: host is false and there are no phones"),
    ],
)
def test_a_wrong_setting_is_named(flags: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        load_settings(None, flags)


def test_an_unknown_setting_in_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text('sever = "http://typo"\n')
    with pytest.raises(InvalidInput, match=r"agent\.toml\): sever: there is no such setting"):
        load_settings(path, {})


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text("server = [\n")
    with pytest.raises(InvalidInput, match=r"agent\.toml is no TOML"):
        load_settings(path, {})
