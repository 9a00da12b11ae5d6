from datetime import UTC, datetime, timedelta, timezone

from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from latency_service.tables.base import UtcDateTime

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_any_time_zone_is_stored_in_utc() -> None:
    in_tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    stored = UtcDateTime().process_bind_param(in_tokyo, SQLiteDialect())
    assert stored is not None
    assert stored.replace(tzinfo=None) == NOON.replace(tzinfo=None)


def test_what_comes_back_without_a_zone_is_utc() -> None:
    assert UtcDateTime().process_result_value(NOON.replace(tzinfo=None), SQLiteDialect()) == NOON


def test_what_comes_back_with_a_zone_keeps_it() -> None:
    in_tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    assert UtcDateTime().process_result_value(in_tokyo, SQLiteDialect()) == NOON
