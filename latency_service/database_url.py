"""Database URLs: with the password that a file holds for connecting, without any for showing."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from latency_service.contract.errors import InvalidInput


def parse(url: str) -> URL:
    """Return the parts of a database URL.

    Raises:
        InvalidInput: It is none; the message does not repeat it, as it may hold a password.
    """
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise InvalidInput(
            "this is no database URL; write sqlite:////absolute/path/latency.db or postgresql://USER@HOST/NAME"
        ) from None


def with_password(url: str, file: Path | None) -> str:
    """Return the URL with the password that the file holds, where it is PostgreSQL's and has none of its own.

    Raises:
        InvalidInput: It is no URL, or the file is empty or cannot be read.
    """
    parsed = parse(url)
    if file is None or parsed.password is not None or parsed.drivername.startswith("sqlite"):
        return url
    try:
        password = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise InvalidInput(f"database_password_file {file} cannot be read: {reason}") from None
    if not password:
        raise InvalidInput(f"database_password_file {file} is empty; write the password into it")
    return parsed.set(password=password).render_as_string(hide_password=False)


def without_password(url: str) -> str:
    """Return the URL as it may be printed; options after `?` may hold secrets too, and are left out.

    Raises:
        InvalidInput: It is no URL.
    """
    return parse(url).set(query={}).render_as_string(hide_password=True)
