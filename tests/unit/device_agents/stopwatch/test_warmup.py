import math
import random

from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.warmup import warm_up
from tests.unit.device_agents.stopwatch.simulation import MS, SimulatedHost, SimulatedSubject

RULES = TimingRules()


def test_a_steady_subject_is_warm_after_two_windows() -> None:
    host, rng = SimulatedHost(), random.Random(1)
    warm = warm_up(SimulatedSubject(host, lambda run: rng.gauss(MS, 0.01 * MS)), 1, RULES, host.instruments())
    assert warm.is_steady
    assert warm.runs == 2 * RULES.warmup_window


def test_a_subject_that_gets_faster_is_run_until_it_does_no_more() -> None:
    host = SimulatedHost()
    subject = SimulatedSubject(host, lambda run: MS * (1 + 2 * math.exp(-run / 20)))
    warm = warm_up(subject, 1, RULES, host.instruments())
    assert warm.is_steady
    assert subject.duration_ns(subject.runs) < 1.1 * MS


def test_noise_alone_does_not_prolong_the_warm_up() -> None:
    host, rng = SimulatedHost(), random.Random(2)
    warm = warm_up(SimulatedSubject(host, lambda run: rng.uniform(0.5, 1.5) * MS), 1, RULES, host.instruments())
    assert warm.is_steady


def test_a_subject_that_never_settles_is_given_up_when_the_time_is_out() -> None:
    host = SimulatedHost()
    warm = warm_up(SimulatedSubject(host, lambda run: MS * 1.05**run), 1, RULES, host.instruments())
    assert not warm.is_steady
    assert host.true_ns < 3e9
