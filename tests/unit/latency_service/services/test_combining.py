import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latency_service.services.combining import MOST_SESSIONS, Combined, Timing, combine

Z95 = 1.959964


def timing(median_ms: float, half_width_ms: float = 0.01, verdict: str = "ok", n: int = 30) -> Timing:
    return Timing(median_ms, median_ms - half_width_ms, median_ms + half_width_ms, n, verdict)  # type: ignore[arg-type]


def combined(*newest_first: Timing) -> Combined:
    value = combine(newest_first)
    assert value is not None
    return value


def test_one_session_stands_as_it_is_skewed_interval_and_all() -> None:
    assert combined(Timing(1.0, 0.99, 1.03, 30, "ok")) == Combined(1.0, 0.99, 1.03, 30, "ok", 1)


def test_nothing_usable_has_no_value() -> None:
    assert combine([]) is None
    assert combine([timing(1.0, verdict="unfit")]) is None


def test_a_noisy_session_stands_alone_and_only_where_none_is_ok() -> None:
    assert combined(timing(2.0, verdict="noisy"), timing(1.9, verdict="noisy")).latency_ms == 2.0
    assert combined(timing(2.0, verdict="noisy"), timing(1.0)) == combined(timing(1.0))


def test_agreeing_sessions_are_averaged_by_inverse_variance() -> None:
    value = combined(timing(1.000, 0.01), timing(1.006, 0.02))
    assert value.latency_ms == pytest.approx((1.000 * 4 + 1.006) / 5)
    assert value.ci_high_ms - value.latency_ms == pytest.approx(0.01 * math.sqrt(4 / 5))
    assert value.latency_ms - value.ci_low_ms == pytest.approx(0.01 * math.sqrt(4 / 5))
    assert (value.sessions, value.n, value.verdict) == (2, 60, "ok")


def test_sessions_that_scatter_more_than_their_intervals_say_widen_the_interval_by_the_birge_ratio() -> None:
    gap = 0.0135  # Q = (gap / sigma)**2 / 2 = 3.5: below the 5 % limit of 3.84, above its mean of 1
    value = combined(timing(1.0), timing(1.0 + gap))
    scatter = (gap / (0.01 / Z95)) ** 2 / 2
    assert 1 < scatter < 3.84
    assert value.ci_high_ms - value.latency_ms == pytest.approx(0.01 / math.sqrt(2) * math.sqrt(scatter), rel=1e-5)


def test_a_session_that_disagrees_with_the_newer_ones_ends_the_average() -> None:
    assert combined(timing(1.13), timing(1.0), timing(1.13)) == combined(timing(1.13))
    assert combined(timing(1.13), timing(1.131), timing(1.0)).sessions == 2


@pytest.mark.parametrize(("degrees", "q"), [(1, 3.841459), (2, 5.991465), (3, 7.814728), (4, 9.487729)])
def test_the_limit_of_agreement_is_chi_squares(degrees: int, q: float) -> None:
    def sessions(scatter: float) -> list[Timing]:
        """One of degrees + 1 sessions lies apart, so that Cochran's Q is `scatter`; the older ones agree exactly."""
        gap = 0.01 / Z95 * math.sqrt(scatter * (degrees + 1) / degrees)
        return [timing(1.0)] * degrees + [timing(1.0 + gap)]

    assert combined(*sessions(q * 0.999)).sessions == degrees + 1
    assert combined(*sessions(q * 1.001)).sessions == degrees


def test_no_more_than_the_latest_few_count() -> None:
    value = combined(*[timing(1.0)] * MOST_SESSIONS, timing(1.001))
    assert value.sessions == MOST_SESSIONS
    assert value.latency_ms == pytest.approx(1.0)


def test_an_interval_without_width_does_not_divide_by_zero() -> None:
    assert combined(timing(1.0, 0.0), timing(1.0, 0.0)).latency_ms == pytest.approx(1.0)
    assert combined(timing(1.0, 0.0), timing(1.1, 0.0)).sessions == 1


@given(st.lists(st.tuples(st.floats(1e-4, 1e4), st.floats(0, 0.5), st.sampled_from(["ok", "noisy", "unfit"]))))
def test_whatever_comes_the_value_lies_within_its_interval_and_between_the_sessions(
    sessions: list[tuple[float, float, str]],
) -> None:
    value = combine([timing(median, median * share, verdict) for median, share, verdict in sessions])
    if value is not None:
        assert 0 <= value.ci_low_ms <= value.latency_ms <= value.ci_high_ms
        usable = [median for median, _, verdict in sessions if verdict == value.verdict]
        assert min(usable) * (1 - 1e-9) <= value.latency_ms <= max(usable) * (1 + 1e-9)


def test_the_interval_of_a_steady_device_covers_the_truth_as_often_as_it_says() -> None:
    rng, runs, covered = random.Random(7), 4000, 0
    for _ in range(runs):
        sigmas = [rng.uniform(0.002, 0.02) for _ in range(MOST_SESSIONS)]
        value = combined(*[timing(rng.gauss(1.0, sigma), Z95 * sigma) for sigma in sigmas])
        covered += value.ci_low_ms <= 1.0 <= value.ci_high_ms
    assert 0.93 <= covered / runs <= 0.97


def test_after_a_shift_the_value_is_that_of_the_new_level() -> None:
    rng, wrong = random.Random(8), 0
    for _ in range(500):
        new, old = [timing(rng.gauss(1.12, 0.005)) for _ in range(2)], [timing(rng.gauss(1.0, 0.005)) for _ in range(3)]
        wrong += not math.isclose(combined(*new, *old).latency_ms, 1.12, rel_tol=0.02)
    assert wrong == 0
