"""API keys as text: `plk_ID_SECRET`. The id is public, the secret is 32 random bytes in hex."""

import re
from pathlib import Path
from typing import NamedTuple

from latency_service.contract.errors import InvalidInput

_FORM = re.compile(r"plk_([0-9a-f]{12})_([0-9a-f]{64})")


class KeyParts(NamedTuple):
    """What a key's text is made of."""

    key_id: str
    secret: str


def format_api_key(parts: KeyParts) -> str:
    """Return the text that `parse_api_key` reads."""
    return f"plk_{parts.key_id}_{parts.secret}"


def parse_api_key(text: str) -> KeyParts:
    """Return the id and the secret of a key.

    Raises:
        InvalidInput: It is no key; the message does not repeat it.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise InvalidInput("this is no API key; one reads plk_ID_SECRET, as `latency-service keys create` prints it")
    return KeyParts(*found.groups())


def read_api_key(file: Path) -> str:
    """Return the key that is the one line of a file.

    Raises:
        InvalidInput: The file holds something else.
        OSError: It cannot be read.
    """
    text = file.read_text(errors="replace").strip()
    try:
        parse_api_key(text)
    except InvalidInput:
        raise InvalidInput(f"{file} holds no API key; it is to hold one line, plk_ID_SECRET") from None
    return text


def chosen_api_key(text: str | None, file: Path | None) -> str | None:
    """Return the key that a program was given, by itself or in a file; None where it was given none.

    Raises:
        InvalidInput: It was given both, or what is no key.
        OSError: The file cannot be read.
    """
    if text is not None and file is not None:
        raise InvalidInput("the API key is given twice, by itself and in a file; give one of them")
    if file is not None:
        return read_api_key(file)
    if text is not None:
        parse_api_key(text)
    return text
