from pathlib import Path

import pytest

from latency_service.contract.api_keys import KeyParts, chosen_api_key, format_api_key, parse_api_key, read_api_key
from latency_service.contract.errors import InvalidInput

PARTS = KeyParts("0123456789ab", "f" * 64)
KEY = format_api_key(PARTS)


def test_a_key_is_its_id_and_its_secret() -> None:
    assert parse_api_key(KEY) == PARTS


@pytest.mark.parametrize("text", ["", "plk_1", KEY[:-1], KEY + "0", KEY.upper(), KEY + "\n", f"Bearer {KEY}", "secret"])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        parse_api_key(text)
    assert not text or text not in str(raised.value)


def test_a_key_file_holds_one_line(tmp_path: Path) -> None:
    file = tmp_path / "agent.key"
    file.write_text(KEY + "\n")
    assert read_api_key(file) == KEY
    assert chosen_api_key(None, file) == KEY


@pytest.mark.parametrize("content", [b"", b"my-secret", KEY.encode() + b"\n" + KEY.encode(), b"\xff\xfe"])
def test_a_file_with_something_else_is_named_and_its_content_is_not(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "agent.key"
    file.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"agent\.key holds no API key") as raised:
        read_api_key(file)
    assert "my-secret" not in str(raised.value)
    assert KEY not in str(raised.value)


def test_a_program_has_one_key_or_none(tmp_path: Path) -> None:
    assert chosen_api_key(None, None) is None
    assert chosen_api_key(KEY, None) == KEY
    with pytest.raises(InvalidInput, match="twice"):
        chosen_api_key(KEY, tmp_path / "agent.key")
