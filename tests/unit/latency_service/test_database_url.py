from pathlib import Path

import pytest
from sqlalchemy import make_url

from latency_service.contract.errors import InvalidInput
from latency_service.database_url import parse, with_password, without_password

URL = "postgresql://latency@db.internal/latency?sslmode=require"


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text("p@ss/word\n")
    return file


def test_the_password_of_the_file_is_put_into_the_url(password_file: Path) -> None:
    url = make_url(with_password(URL, password_file))
    assert (url.password, url.host, url.query["sslmode"]) == ("p@ss/word", "db.internal", "require")


def test_a_password_of_the_urls_own_stays(password_file: Path) -> None:
    assert make_url(with_password("postgresql://u:own@host/db", password_file)).password == "own"


def test_a_file_database_needs_none(password_file: Path) -> None:
    assert with_password("sqlite:////data/latency.db", password_file) == "sqlite:////data/latency.db"


def test_an_empty_password_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("\n")
    with pytest.raises(InvalidInput, match="password is empty"):
        with_password(URL, tmp_path / "password")


def test_a_password_file_that_cannot_be_read_is_named_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"database_password_file .*nowhere cannot be read: No such file"):
        with_password(URL, tmp_path / "nowhere")
    (tmp_path / "password").write_bytes(b"secret\xff")
    with pytest.raises(
        InvalidInput, match=r"database_password_file .*password cannot be read: it is no text"
    ) as raised:
        with_password(URL, tmp_path / "password")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("url", ["postgresql://u:secret@host/db", "postgresql://u@host/db?password=secret"])
def test_what_is_shown_holds_no_password(url: str) -> None:
    assert "secret" not in without_password(url)
    assert "host/db" in without_password(url)


@pytest.mark.parametrize("url", ["secret", "postgresql://u:secret@host:port/db"])
def test_what_is_no_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidInput, match="no database URL") as raised:
        parse(url)
    assert "secret" not in str(raised.value)
