import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from latency_service import schema
from latency_service.database import Database
from latency_service.doctor import checks_database
from latency_service.doctor.checks_database import file_system_of
from latency_service.doctor.stand import Stand
from latency_service.repositories import engine_facts
from latency_service.repositories.engine_facts import PostgresFacts
from latency_service.settings import Settings

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /data nfs4 rw 0 0
tmpfs /data/fast tmpfs rw 0 0
"""
NOW = datetime.now(UTC)
FACTS = PostgresFacts("16.4", NOW, fsync=True, synchronous_commit="on", connections=97, size_bytes=10**6)


@pytest.fixture
def stand(database_url: str) -> Iterator[Stand]:
    database = Database(database_url)
    yield Stand(Settings(database=database_url), database, datetime.now(UTC))
    database.close()


@pytest.fixture
def postgres_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """A server that says of itself what the test has it say."""
    monkeypatch.setattr(Stand, "is_sqlite", False)
    database = Database(f"sqlite:///{tmp_path / 'latency.db'}")
    return Stand(Settings(database="postgresql://latency@db/latency"), database, NOW)


def say(monkeypatch: pytest.MonkeyPatch, **facts: object) -> None:
    monkeypatch.setattr(engine_facts, "postgres", lambda _: PostgresFacts(**{**vars(FACTS), **facts}))


def test_a_database_in_order_is_good(stand: Stand) -> None:
    for check in (
        checks_database.check_reach,
        checks_database.check_revision,
        checks_database.check_connections,
        checks_database.check_clock,
    ):
        assert check(stand).severity == "good", check


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    url = "postgresql://latency:secret@127.0.0.1:1/latency"
    finding = checks_database.check_reach(Stand(Settings(database=url), Database(url), NOW))
    assert finding.severity == "bad"
    assert "latency@127.0.0.1:1" in finding.seen.replace(":***", "")
    assert "secret" not in finding.model_dump_json()


def test_an_older_revision_is_bad(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    with database.connecting() as connection:
        schema.migrate_to(connection, "0002")
    finding = checks_database.check_revision(Stand(Settings(), database, NOW))
    database.close()
    assert (finding.severity, finding.mend) == ("bad", "latency-service migrate")
    assert finding.seen.startswith("0002")


@pytest.mark.parametrize(
    ("facts", "severity"),
    [
        ({}, "good"),
        ({"fsync": False}, "bad"),
        ({"synchronous_commit": "off"}, "bad"),
        ({"synchronous_commit": "local"}, "good"),
    ],
)
def test_a_server_that_may_lose_what_it_acknowledged_is_bad(
    postgres_stand: Stand, monkeypatch: pytest.MonkeyPatch, facts: dict[str, object], severity: str
) -> None:
    say(monkeypatch, **facts)
    assert checks_database.check_durability(postgres_stand).severity == severity


@pytest.mark.parametrize(("connections", "severity", "room"), [(97, "good", "room for 3"), (20, "bad", "room for 0")])
def test_a_server_has_connections_for_some_replicas(
    postgres_stand: Stand, monkeypatch: pytest.MonkeyPatch, connections: int, severity: str, room: str
) -> None:
    say(monkeypatch, connections=connections)
    finding = checks_database.check_connections(postgres_stand)
    assert finding.severity == severity
    assert room in finding.seen


@pytest.mark.parametrize(("off_s", "severity"), [(0.5, "good"), (-5, "warn"), (60, "bad")])
def test_clocks_apart_are_told(
    postgres_stand: Stand, monkeypatch: pytest.MonkeyPatch, off_s: float, severity: str
) -> None:
    say(monkeypatch, at=NOW + timedelta(seconds=off_s))
    assert checks_database.check_clock(postgres_stand).severity == severity


@pytest.mark.parametrize(
    ("file", "kind"),
    [("/data/latency.db", "nfs4"), ("/data/fast/latency.db", "tmpfs"), ("/database/latency.db", "ext4")],
)
def test_the_innermost_mount_tells_the_file_system(file: str, kind: str) -> None:
    assert file_system_of(Path(file), MOUNTS) == kind


def test_a_file_on_a_network_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/export {tmp_path.resolve()} nfs4 rw 0 0\n")
    monkeypatch.setattr(checks_database, "_MOUNTS", mounts)
    database = Database(f"sqlite:///{tmp_path / 'latency.db'}")
    finding = checks_database.check_file_system(Stand(Settings(), database, NOW))
    assert (finding.severity, finding.seen) == ("bad", "the database is on nfs4")


@pytest.mark.parametrize(("free", "severity"), [(2**40, "good"), (2**29, "warn"), (2**20, "bad")])
def test_a_disk_that_fills_up_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, severity: str
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'latency.db'}")
    schema.migrate(database)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert checks_database.check_space(Stand(Settings(), database, NOW)).severity == severity
