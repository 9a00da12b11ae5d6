"""The key files of a service that starts: one key a scope, each in a file that only its user may read."""

import os
from datetime import datetime
from pathlib import Path
from typing import get_args

from sqlalchemy.orm import Session

from latency_service.contract.api_keys import read_api_key
from latency_service.contract.errors import InvalidInput, Unauthorized
from latency_service.contract.messages import ApiKeyRequest, Scope
from latency_service.repositories import api_keys
from latency_service.services import access

SCOPES: tuple[Scope, ...] = get_args(Scope)


def bootstrap(session: Session, folder: Path, is_for_group: bool, now: datetime) -> tuple[Scope, ...]:
    """See that the folder holds a key of each scope: what lacks a key that the service knows gets a new one.

    So a key whose file was lost, or that was revoked, is replaced at the next start; whoever may run this may create
    keys anyway. The files are written before the transaction ends: one that fails leaves files whose keys nobody
    knows, and the next start writes them anew.

    Args:
        session: Of a transaction that writes.
        folder: Made if need be.
        is_for_group: Whether the files' group may read them.
        now: The present moment.

    Returns:
        The scopes that got a key.

    Raises:
        OSError: The folder cannot be written.
    """
    api_keys.lock(session)
    folder.mkdir(mode=0o750 if is_for_group else 0o700, parents=True, exist_ok=True)
    lacking = tuple(scope for scope in SCOPES if not _holds_key(session, key_file(folder, scope), scope))
    for scope in lacking:
        created = access.create(session, ApiKeyRequest(name=f"bootstrap {scope}", scope=scope), now)
        _write(key_file(folder, scope), created.key.get_secret_value(), 0o640 if is_for_group else 0o600)
    return lacking


def key_file(folder: Path, scope: Scope) -> Path:
    """Return where the key of a scope is kept."""
    return folder / f"{scope}.key"


def _holds_key(session: Session, file: Path, scope: Scope) -> bool:
    try:
        return access.recognise(session, read_api_key(file)).scope == scope
    except (InvalidInput, Unauthorized, FileNotFoundError):
        return False


def _write(file: Path, key: str, mode: int) -> None:
    """Write a file that nobody else could read at any moment, and that is there in whole or not at all."""
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as output:
        os.fchmod(descriptor, mode)  # whatever the umask says
        output.write(key + "\n")
        output.flush()
        os.fsync(descriptor)
    unfinished.replace(file)
