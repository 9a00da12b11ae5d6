"""The key files of a first start: one key a scope, each in a file that only its user may read."""

import os
from datetime import datetime
from pathlib import Path
from typing import get_args

from sqlalchemy.orm import Session

from latency_service.contract.api_keys import read_api_key
from latency_service.contract.errors import Conflict, InvalidInput, Unauthorized
from latency_service.contract.messages import ApiKeyRequest, Scope
from latency_service.repositories import api_keys
from latency_service.services import access

SCOPES: tuple[Scope, ...] = get_args(Scope)


def bootstrap(session: Session, folder: Path, is_for_group: bool, now: datetime) -> bool:
    """Make a key of each scope and write it into the folder, where there are no keys yet; say whether that was so.

    The files are written before the transaction ends: one that fails leaves files whose keys nobody knows, and the
    next start writes them anew.

    Args:
        session: Of a transaction that writes.
        folder: Made if need be.
        is_for_group: Whether the files' group may read them.
        now: The present moment.

    Raises:
        Conflict: There are keys already, and the folder does not hold them.
        OSError: The folder cannot be written.
    """
    api_keys.lock(session)
    if api_keys.any_exists(session):
        for scope in SCOPES:
            _check(session, key_file(folder, scope), scope)
        return False
    folder.mkdir(mode=0o750 if is_for_group else 0o700, parents=True, exist_ok=True)
    for scope in SCOPES:
        created = access.create(session, ApiKeyRequest(name=f"first {scope}", scope=scope), now)
        _write(key_file(folder, scope), created.key.get_secret_value(), 0o640 if is_for_group else 0o600)
    return True


def key_file(folder: Path, scope: Scope) -> Path:
    """Return where the key of a scope is kept."""
    return folder / f"{scope}.key"


def _check(session: Session, file: Path, scope: Scope) -> None:
    try:
        access.recognise(session, read_api_key(file))
    except (InvalidInput, Unauthorized, FileNotFoundError) as error:
        reason = f"{file} is missing" if isinstance(error, FileNotFoundError) else f"{file}: {error}"
        raise Conflict(
            f"the database has API keys already, but {reason}; no secret can be shown again: make a new key with "
            f"`latency-service keys create --scope {scope} --name NAME > {file}`, and revoke the lost one"
        ) from None


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
