from datetime import timedelta

from latency_service.clock import utc_now


def test_the_clock_tells_its_time_zone() -> None:
    assert utc_now().utcoffset() == timedelta(0)
