from pathlib import Path

import pytest
from pydantic import ValidationError

from latency_service.settings import Settings


def test_the_defaults_are_a_local_service_on_a_file_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LATENCY_SERVICE_DATABASE", raising=False)
    settings = Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.database.startswith("sqlite:////")


def test_a_lease_may_miss_two_renewals() -> None:
    assert Settings(lease_s=90).renew_s == 30


def test_the_environment_is_heard_and_a_flag_is_louder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENCY_SERVICE_PORT", "9000")
    assert Settings().port == 9000
    assert Settings(port=9001).port == 9001


def test_a_lease_that_ends_at_once_is_refused() -> None:
    with pytest.raises(ValidationError, match="lease_s"):
        Settings(lease_s=0)


def test_the_password_of_the_database_is_for_connecting_alone(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2\n")
    settings = Settings(database="postgresql://u@db/latency", database_password_file=tmp_path / "password")
    assert settings.database_url == "postgresql://u:hunter2@db/latency"
    assert settings.shown_database == "postgresql://u@db/latency"


def test_settings_that_are_printed_show_no_password() -> None:
    settings = Settings(database="postgresql://u:hunter2@db/latency")
    assert settings.shown_database == "postgresql://u:***@db/latency"
    assert "hunter2" not in repr(settings)
