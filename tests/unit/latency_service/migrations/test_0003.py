"""What 0003 does to snapshots and to imported tables, on both engines."""

from collections.abc import Iterator

import pytest
import zstandard
from sqlalchemy import select, text

from latency_service import schema
from latency_service.database import Database
from latency_service.engines import is_sqlite
from latency_service.repositories import snapshots
from latency_service.tables import Snapshot
from tests import old_databases
from tests.contract.test_imported_tables import PHONE, cut, import_entry
from tests.service_data import DEVICE, START

OF_TWO = b'{"ops":[{"workload":"a"}],"networks":[{"workload":"b"}]}'


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    """A database that the second release has used."""
    database = Database(empty_database_url)
    with database.connecting() as connection:
        schema.migrate_to(connection, "0002")
        old_databases.fill(connection)
    yield database
    database.close()


def migrate_back(database: Database) -> None:
    with database.connecting() as connection:
        schema.migrate_back_to(connection, "0002")


def test_old_snapshots_know_how_many_entries_they_have(database: Database) -> None:
    with database.connecting() as connection:
        connection.execute(text("UPDATE snapshots SET content = :content"), {"content": OF_TWO})
    schema.migrate(database)
    assert database.read(lambda session: session.scalars(select(Snapshot.entries)).all()) == [2]


def test_on_the_way_back_snapshots_are_decompressed(database: Database) -> None:
    schema.migrate(database)
    compressed = zstandard.compress(OF_TWO)
    database.write(
        lambda session: snapshots.add(
            session, "new", old_databases.TABLE_ID, compressed, snapshots.Counts(2), now=START
        )
    )
    migrate_back(database)
    with database.connecting() as connection:
        assert connection.scalar(text("SELECT content FROM snapshots WHERE id = 'new'")) == OF_TWO


def test_postgresql_does_not_compress_what_is_compressed_already(database: Database) -> None:
    if is_sqlite(database.engine):
        pytest.skip("SQLite never compresses")
    storage = text("SELECT attstorage FROM pg_attribute WHERE attrelid = 'snapshots'::regclass AND attname = 'content'")
    storages = []
    for migrate in (schema.migrate, migrate_back):
        migrate(database)
        storages.append(database.read(lambda session: session.scalar(storage)))
    external, extended = "e", "x"
    assert storages == [external, extended]


def test_on_the_way_back_imported_tables_are_removed_and_measured_ones_stay(database: Database) -> None:
    schema.migrate(database)
    for device in (PHONE, DEVICE):
        cut(database, import_entry(database, device))
    migrate_back(database)
    with database.connecting() as connection:
        assert connection.scalars(text("SELECT name FROM devices")).all() == [DEVICE]
        assert connection.scalars(text("SELECT id FROM latency_tables")).all() == [old_databases.TABLE_ID]
        assert connection.scalars(text("SELECT id FROM snapshots")).all() == [old_databases.SNAPSHOT_ID]
        assert connection.scalar(text("SELECT count(*) FROM device_states")) == 1
