from pathlib import Path

import pytest

from latency_service.configuration import FILE_VARIABLE, default_files, load_settings
from latency_service.contract.errors import InvalidInput


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "service.toml"
    file.write_text('port = 9001\nlease_s = 30\ncors_origins = ["https://one", "https://two"]\n')
    return file


def test_a_flag_is_louder_than_the_environment_and_that_than_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LATENCY_SERVICE_PORT", "9002")
    monkeypatch.setenv("LATENCY_SERVICE_LEASE_S", "40")
    settings = load_settings(file, port=9003, host=None)
    assert (settings.port, settings.lease_s, settings.host) == (9003, 40, "127.0.0.1")
    assert settings.cors_origins == ("https://one", "https://two")


def test_the_environment_may_name_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FILE_VARIABLE, str(file))
    assert load_settings().port == 9001


def test_the_users_own_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    default_files()[0].parent.mkdir()
    default_files()[0].write_text("burst = 7\n")
    assert load_settings().burst == 7


def test_a_list_in_the_environment_has_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENCY_SERVICE_CORS_ORIGINS", "https://one, https://two")
    assert load_settings().cors_origins == ("https://one", "https://two")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("port = 0", "port: Input should be greater than or equal to 1"),
        ("prot = 1", "prot: there is no such setting"),
        ("port = ", "is no TOML file"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_it(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "service.toml"
    file.write_text(content)
    with pytest.raises(InvalidInput, match=said) as raised:
        load_settings(file)
    assert str(file) in str(raised.value)


def test_a_wrong_value_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENCY_SERVICE_PORT", "secret")
    with pytest.raises(InvalidInput, match="port: ") as raised:
        load_settings()
    assert "secret" not in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no configuration file .*nowhere\.toml"):
        load_settings(tmp_path / "nowhere.toml")
