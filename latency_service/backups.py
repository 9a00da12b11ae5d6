"""Backups: a consistent copy of the database in one file, taken while the service goes on."""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

from sqlalchemy import URL

from latency_service import database_url
from latency_service.contract.errors import Conflict, InvalidInput, ServiceUnavailable
from latency_service.database import Database
from latency_service.engines import is_sqlite


def back_up(url: str, out: Path, pg_dump: Path | None = None) -> None:
    """Copy the database to a new file: of SQLite a database, of PostgreSQL an archive for pg_restore.

    The file appears under its name when it is whole. Only its owner may read it, as it holds the hashes of API keys.

    Args:
        url: The database's, with its password.
        out: The file to write.
        pg_dump: PostgreSQL's program; None looks for it on the PATH.

    Raises:
        Conflict: The file is there already.
        InvalidInput: There is no pg_dump, or no such folder.
        ServiceUnavailable: The database cannot be read, or the copy is broken.
        OSError: The file cannot be written.
    """
    if out.exists():
        raise Conflict(f"{out} is there already; name another file, or move that one away")
    if not out.parent.is_dir():
        raise InvalidInput(f"there is no folder {out.parent}; make it first")
    part = out.with_name(out.name + ".part")
    part.unlink(missing_ok=True)  # what a backup left that was cut off
    part.touch(0o600, exist_ok=False)
    try:
        _write(url, part, pg_dump)
        _sync(part)
        part.rename(out)
    finally:
        part.unlink(missing_ok=True)


def _write(url: str, part: Path, pg_dump: Path | None) -> None:
    database = Database(url, pool_size=1)
    try:
        if is_sqlite(database.engine):
            _copy_sqlite(database, part)
        else:
            _dump_postgresql(database.engine.url, part, _found(pg_dump))
    finally:
        database.close()


def _copy_sqlite(database: Database, part: Path) -> None:
    """Copy one state of the database; in one step, as writers would make a slower copy start again and again."""
    copy = sqlite3.connect(part)
    try:
        source = database.engine.raw_connection()
        try:
            driver_connection = source.driver_connection
            assert isinstance(driver_connection, sqlite3.Connection)
            driver_connection.backup(copy)
        finally:
            source.close()
        (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        raise ServiceUnavailable(f"the database cannot be copied: {error}") from error
    finally:
        copy.close()
    if verdict != "ok":
        raise ServiceUnavailable(f"the copy is broken, and so the database may be: {verdict}; look at the disk")


def _found(pg_dump: Path | None) -> str:
    found = shutil.which(pg_dump or "pg_dump")
    if found is None:
        raise InvalidInput(
            f"there is no {pg_dump or 'pg_dump on the PATH'}; install PostgreSQL's client programs, of the server's "
            "version or newer, or name the program with --pg-dump"
        )
    return found


def _dump_postgresql(url: URL, part: Path, pg_dump: str) -> None:
    # Everyone on the machine can read a command line; the environment is the process's own.
    password = url.password or url.query.get("password")
    secret = {"PGPASSWORD": password} if isinstance(password, str) else {}
    told = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    told = told.difference_update_query(["password"])
    # Nobody may be there to be asked for a password.
    command = [
        pg_dump,
        "--format=custom",
        "--no-owner",
        "--no-password",
        f"--file={part}",
        f"--dbname={told.render_as_string()}",
    ]
    done = subprocess.run(command, env={**os.environ, **secret}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise ServiceUnavailable(f"{database_url.without_password(told.render_as_string())} cannot be dumped: {said}")


def _sync(file: Path) -> None:
    with file.open("rb") as written:
        os.fsync(written.fileno())
