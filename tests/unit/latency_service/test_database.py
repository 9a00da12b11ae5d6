from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from latency_service import schema
from latency_service.contract.errors import InvalidInput
from latency_service.database import Database
from latency_service.tables import DeviceState
from tests.service_data import START


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'latency.db'}")


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", 2), ("busy_timeout", 30_000)]
)
def test_connections_are_safe_and_patient(database: Database, pragma: str, value: object) -> None:
    with database.reading() as session:
        assert session.scalar(text(f"PRAGMA {pragma}")) == value


def test_an_error_undoes_what_was_written(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("CREATE TABLE numbers (n INTEGER)"))

    def write_and_fail() -> None:
        with database.writing() as session:
            session.execute(text("INSERT INTO numbers VALUES (1)"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM numbers")) == 0


def test_writers_wait_for_each_other(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("CREATE TABLE numbers (n INTEGER)"))
        session.execute(text("INSERT INTO numbers VALUES (0)"))

    def increment(_: int) -> None:
        with database.writing() as session:
            number = session.scalar(text("SELECT n FROM numbers")) or 0
            session.execute(text("UPDATE numbers SET n = :n"), {"n": number + 1})

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(increment, range(80)))
    with database.reading() as session:
        assert session.scalar(text("SELECT n FROM numbers")) == 80


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("CREATE TABLE numbers (n INTEGER)"))
    with database.writing() as writer, database.reading() as reader:
        writer.execute(text("INSERT INTO numbers VALUES (1)"))
        assert reader.scalar(text("SELECT count(*) FROM numbers")) == 0


def test_a_row_that_refers_to_nothing_is_refused(database: Database) -> None:
    schema.migrate(database)
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), database.writing() as session:
        session.add(DeviceState(device_id="nobody", fingerprint="0", facts={}, first_seen_at=START, last_seen_at=START))


def test_the_folder_of_the_file_is_made(tmp_path: Path) -> None:
    schema.migrate(Database(f"sqlite:///{tmp_path / 'new' / 'folder' / 'latency.db'}"))
    assert (tmp_path / "new" / "folder" / "latency.db").exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("latency.db", "no database URL"),
        ("mysql://host/latency", "'mysql' is not supported"),
        ("sqlite://", "not a database in memory"),
        ("sqlite:///:memory:", "not a database in memory"),
        ("sqlite+aiosqlite:///latency.db", "is not supported"),
        ("sqlite:///file:latency?mode=memory&uri=true", "options after"),
    ],
)
def test_a_url_that_names_no_file_is_refused(url: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Database(url)
