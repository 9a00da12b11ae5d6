import pytest

from latency_service.api import rate_limit
from latency_service.api.rate_limit import RateLimiter


class Timer:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def timer() -> Timer:
    return Timer()


def test_a_burst_may_pass_and_then_one_request_an_interval(timer: Timer) -> None:
    limiter = RateLimiter(per_s=2, burst=3, timer=timer)
    assert [limiter.take("a") for _ in range(3)] == [0, 0, 0]
    assert limiter.take("a") == pytest.approx(0.5)
    timer.now += 0.5
    assert limiter.take("a") == 0
    assert limiter.take("a") == pytest.approx(0.5)


def test_a_refused_request_costs_nothing(timer: Timer) -> None:
    limiter = RateLimiter(per_s=1, burst=1, timer=timer)
    assert limiter.take("a") == 0
    assert [limiter.take("a") for _ in range(5)] == pytest.approx([1] * 5)


def test_the_rate_holds_over_a_long_time(timer: Timer) -> None:
    limiter = RateLimiter(per_s=10, burst=5, timer=timer)
    passed = 0
    for _ in range(10_000):
        passed += limiter.take("a") == 0
        timer.now += 0.01
    assert passed == pytest.approx(100 * 10 + 5, abs=2)


def test_callers_do_not_take_from_each_other(timer: Timer) -> None:
    limiter = RateLimiter(per_s=1, burst=1, timer=timer)
    assert (limiter.take("a"), limiter.take("b")) == (0, 0)


def test_memory_is_bounded_and_whoever_asks_most_is_remembered(timer: Timer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "_MOST_CALLERS", 10)
    limiter = RateLimiter(per_s=0.01, burst=2, timer=timer)
    assert [limiter.take("greedy") > 0 for _ in range(3)] == [False, False, True]
    for number in range(1000):
        limiter.take(f"passer-by {number}")
        assert len(limiter._full_at) <= 10
    assert limiter.take("greedy") > 0
