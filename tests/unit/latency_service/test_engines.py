import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from stamina.instrumentation import RetryDetails, get_on_retry_hooks, set_on_retry_hooks

from latency_service.database import Database


@pytest.fixture
def first_to_open(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that is just making a new file, and is done as soon as somebody has found it so."""

    def finish(details: RetryDetails) -> None:
        connection.commit()

    connection = sqlite3.connect(tmp_path / "latency.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    hooks = get_on_retry_hooks()
    set_on_retry_hooks([finish])
    yield connection
    set_on_retry_hooks(hooks)
    connection.close()


def test_who_opens_a_new_file_that_another_one_opens_waits_for_it(
    first_to_open: sqlite3.Connection, tmp_path: Path
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'latency.db'}")
    assert first_to_open.in_transaction
    assert database.read(lambda session: session.scalar(text("PRAGMA journal_mode"))) == "wal"
    database.close()
