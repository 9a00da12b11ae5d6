import math
import random
from collections.abc import Callable

from benchmarks.simulated_hosts import MS, SimulatedHost, SimulatedSubject
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.sample import Sampler
from device_agents.stopwatch.warmup import WarmUp, warm_up

RULES = TimingRules()


def warmed_up(subject: SimulatedSubject, flush_caches: Callable[[], None] | None = None) -> WarmUp:
    instruments = subject.host.instruments(flush_caches)
    return warm_up(Sampler(subject, instruments), 1, RULES, instruments.clock)


def test_a_steady_subject_is_warm_after_two_windows() -> None:
    host, rng = SimulatedHost(), random.Random(1)
    warm = warmed_up(SimulatedSubject(host, lambda run: rng.gauss(MS, 0.01 * MS)))
    assert warm.is_steady
    assert warm.runs == 2 * RULES.warmup_window


def test_a_subject_that_gets_faster_is_run_until_it_does_no_more() -> None:
    host = SimulatedHost()
    subject = SimulatedSubject(host, lambda run: MS * (1 + 2 * math.exp(-run / 20)))
    warm = warmed_up(subject)
    assert warm.is_steady
    assert subject.duration_ns(subject.runs) < 1.1 * MS


def test_noise_alone_does_not_prolong_the_warm_up() -> None:
    host, rng = SimulatedHost(), random.Random(2)
    warm = warmed_up(SimulatedSubject(host, lambda run: rng.uniform(0.5, 1.5) * MS))
    assert warm.is_steady


def test_a_subject_that_never_settles_is_given_up_when_the_time_is_out() -> None:
    host = SimulatedHost()
    warm = warmed_up(SimulatedSubject(host, lambda run: MS * 1.05**run))
    assert not warm.is_steady
    assert host.true_ns < 3e9


def test_flushing_the_caches_counts_as_warm_up_time() -> None:
    host = SimulatedHost()

    def flush() -> None:
        host.true_ns += 20 * MS

    assert not warmed_up(SimulatedSubject(host, lambda run: 1000 * 1.05**run), flush).is_steady
    assert host.true_ns < 1e9
