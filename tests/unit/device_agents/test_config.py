from pathlib import Path

import pytest

from device_agents.config import load_settings
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


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVICE_AGENT_RUNTIMES", "onnxruntime, tflite")
    settings = load_settings(None, {"cores": "0,1"})
    assert settings.runtimes == ("onnxruntime", "tflite")
    assert settings.cores == (0, 1)


def test_an_empty_list_in_the_environment_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVICE_AGENT_CORES", "")
    assert load_settings(None, {}).cores == ()


def test_without_any_setting_the_agent_is_called_like_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "_my host!")
    settings = load_settings(None, {})
    assert settings.name == "my-host-"
    assert set(settings.runtimes) >= {"onnxruntime", "tflite", "torch"}


def test_each_device_name_has_a_spool_of_its_own(tmp_path: Path) -> None:
    settings = load_settings(None, {"name": "pixel", "state_dir": tmp_path})
    assert settings.spool_dir == tmp_path / "pixel" / "spool"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"threads": -1}, "threads: .*got -1"),
        ({"server": "127.0.0.1:8000"}, "server: .*127.0.0.1:8000"),
        ({"server": "http://host:99999"}, "server: .*port"),
        ({"name": "../x"}, "name: "),
        ({"cores": "a"}, "cores.0: "),
    ],
)
def test_a_wrong_setting_is_named(flags: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        load_settings(None, flags)


def test_an_unknown_setting_in_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text('sever = "http://typo"\n')
    with pytest.raises(InvalidInput, match="sever"):
        load_settings(path, {})


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text("server = [\n")
    with pytest.raises(InvalidInput, match=r"agent\.toml is no TOML"):
        load_settings(path, {})
