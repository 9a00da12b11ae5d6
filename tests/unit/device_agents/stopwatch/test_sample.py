import pytest

from device_agents.stopwatch.sample import take_clean_sample, take_sample
from tests.unit.device_agents.stopwatch.simulation import MS, SimulatedHost, SimulatedSubject


def test_a_sample_is_the_mean_of_its_runs_and_of_nothing_else() -> None:
    host = SimulatedHost(read_cost_ns=0, resolution_ns=1)
    subject = SimulatedSubject(host, lambda run: MS * (run + 1), input_ns=50 * MS)
    host_clock = SimulatedHost().instruments()
    sample = take_sample(subject, 3, type(host_clock)(host, host, host_clock.timer))
    assert sample.ms_per_run == pytest.approx(2.0)
    assert subject.log == ["input"] + ["subject"] * 3 + ["synchronize"]


def test_a_sample_during_which_the_cpu_was_taken_away_is_disturbed() -> None:
    host = SimulatedHost()
    subject = SimulatedSubject(host, lambda run: MS, preempted_ns=lambda run: 4 * MS if run == 1 else 0)
    assert take_sample(subject, 2, host.instruments()).is_disturbed
    assert not take_sample(subject, 2, host.instruments()).is_disturbed


def test_a_clean_sample_is_taken_at_the_second_try() -> None:
    host = SimulatedHost()
    subject = SimulatedSubject(host, lambda run: MS, preempted_ns=lambda run: 4 * MS if run == 0 else 0)
    assert not take_clean_sample(subject, 1, host.instruments()).is_disturbed


def test_where_every_sample_is_disturbed_the_shortest_is_taken() -> None:
    host = SimulatedHost()
    subject = SimulatedSubject(host, lambda run: MS, preempted_ns=lambda run: MS * (3 - run))
    assert take_clean_sample(subject, 1, host.instruments()).ms_per_run == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize(("taken_ns", "is_disturbed"), [(MS, False), (2 * MS, True)])
def test_a_long_sample_may_lose_half_a_percent_to_others(taken_ns: int, is_disturbed: bool) -> None:
    host = SimulatedHost()
    subject = SimulatedSubject(host, lambda run: 300 * MS, preempted_ns=lambda run: taken_ns)
    sample = take_sample(subject, 1, host.instruments())
    assert sample.switches == 1
    assert sample.is_disturbed == is_disturbed


def test_where_the_loss_cannot_be_told_any_switch_disturbs() -> None:
    host = SimulatedHost(shows_off_cpu=False)
    subject = SimulatedSubject(host, lambda run: 300 * MS, preempted_ns=lambda run: 1)
    assert take_sample(subject, 1, host.instruments()).is_disturbed
