import pytest

from benchmarks.simulated_hosts import MS, SimulatedHost, SimulatedSubject
from device_agents.stopwatch.instruments import Instruments, TimerFacts
from device_agents.stopwatch.sample import Sample, Sampler


class OnDevice(SimulatedSubject):
    """Timed by a device's own clock, while the host is preempted."""

    is_host_paced = False

    def time_runs(self, runs: int) -> int:
        for _ in range(runs):
            self.run()
        return runs * MS


def take(subject: SimulatedSubject, runs: int) -> Sample:
    return Sampler(subject, subject.host.instruments()).take(runs)


def test_a_sample_is_the_mean_of_its_runs_and_of_nothing_else() -> None:
    host = SimulatedHost(read_cost_ns=0, resolution_ns=1)
    subject = SimulatedSubject(host, lambda run: MS * (run + 1), input_ns=50 * MS)
    sample = Sampler(subject, Instruments(host, host, TimerFacts(1, 1))).take(3)
    assert sample.ms_per_run == pytest.approx(2.0)
    assert subject.log == ["input"] + ["subject"] * 3 + ["synchronize"]


def test_a_sample_during_which_the_cpu_was_taken_away_is_disturbed() -> None:
    host = SimulatedHost()
    subject = SimulatedSubject(host, lambda run: MS, preempted_ns=lambda run: 4 * MS if run == 1 else 0)
    assert take(subject, 2).is_disturbed
    assert not take(subject, 2).is_disturbed


def test_a_clean_sample_is_taken_at_the_second_try() -> None:
    host = SimulatedHost()
    subject = SimulatedSubject(host, lambda run: MS, preempted_ns=lambda run: 4 * MS if run == 0 else 0)
    assert not Sampler(subject, host.instruments()).take_clean(1).is_disturbed


def test_where_every_sample_is_disturbed_the_shortest_is_taken() -> None:
    host = SimulatedHost()
    subject = SimulatedSubject(host, lambda run: MS, preempted_ns=lambda run: MS * (3 - run))
    assert Sampler(subject, host.instruments()).take_clean(1).ms_per_run == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize(("taken_ns", "is_disturbed"), [(MS, False), (2 * MS, True)])
def test_a_long_sample_may_lose_half_a_percent_to_others(taken_ns: int, is_disturbed: bool) -> None:
    host = SimulatedHost()
    subject = SimulatedSubject(host, lambda run: 300 * MS, preempted_ns=lambda run: taken_ns)
    sample = take(subject, 1)
    assert sample.switches == 1
    assert sample.is_disturbed == is_disturbed


def test_where_the_loss_cannot_be_told_any_switch_disturbs() -> None:
    host = SimulatedHost(shows_off_cpu=False)
    subject = SimulatedSubject(host, lambda run: 300 * MS, preempted_ns=lambda run: 1)
    assert take(subject, 1).is_disturbed


def test_a_devices_own_clock_does_not_run_on_for_a_preempted_host() -> None:
    sample = take(OnDevice(SimulatedHost(), lambda run: MS, preempted_ns=lambda run: 4 * MS), 2)
    assert sample.ms_per_run == 1.0
    assert sample.switches == 2
    assert not sample.is_disturbed


def test_a_device_that_waits_for_the_host_between_kernels_is_disturbed_with_it() -> None:
    subject = OnDevice(SimulatedHost(), lambda run: 300 * MS, preempted_ns=lambda run: 1)
    subject.is_host_paced = True
    assert take(subject, 2).is_disturbed


def test_cold_runs_are_timed_one_by_one_behind_a_flush_that_is_not() -> None:
    host = SimulatedHost(read_cost_ns=40, timer=TimerFacts(40, 1))
    subject = SimulatedSubject(host, lambda run: MS)

    def flush() -> None:
        host.true_ns += 10 * MS
        subject.log.append("flush")

    sample = Sampler(subject, host.instruments(flush)).take(2)
    assert (sample.duration_ns, sample.runs) == (2 * (MS + 40), 2)
    assert subject.log == ["input", *["flush", "subject", "synchronize"] * 2]


@pytest.mark.parametrize("preempted", ["flush", "run"])
def test_a_cold_sample_is_disturbed_by_what_happens_in_its_runs_and_not_in_the_flush(preempted: str) -> None:
    host = SimulatedHost()
    subject = SimulatedSubject(host, lambda run: MS, lambda run: 4 * MS if preempted == "run" and run == 1 else 0)

    def flush() -> None:
        if preempted == "flush":
            host.true_ns += 4 * MS
            host.lost_ns += 4 * MS
            host.switches += 1

    assert Sampler(subject, host.instruments(flush)).take(3).is_disturbed == (preempted == "run")


def test_every_sample_is_told_of_so_that_long_work_is_no_silence() -> None:
    told: list[int] = []
    host = SimulatedHost()
    sampler = Sampler(SimulatedSubject(host, lambda run: MS), host.instruments(), lambda: told.append(host.true_ns))
    sampler.take(3)
    sampler.take_clean(3)
    assert len(told) == 2
