import math
import random
from collections.abc import Callable

import pytest

from benchmarks.simulated_hosts import MS, SimulatedHost, SimulatedSubject
from device_agents.stopwatch.instruments import TimerFacts
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.series import Series
from latency_service.contract.measurement import Failure, Measurement
from latency_service.contract.summary import summarize

RULES = TimingRules()


def measured(subject: SimulatedSubject, rules: TimingRules = RULES) -> Measurement | Failure:
    series = Series(subject, rules, subject.host.instruments())
    series.take_round()
    while series.needs_more:
        series.take_round()
    return series.outcome()


def gaussian(rng: random.Random, sigma: float, mean_ns: float = 1.2 * MS) -> Callable[[int], float]:
    return lambda run: rng.gauss(mean_ns, sigma * mean_ns)


def preempted_at_random(rng: random.Random, share: float) -> Callable[[int], int]:
    return lambda run: 4 * MS if rng.random() < share else 0


def the_measurement(outcome: Measurement | Failure) -> Measurement:
    assert isinstance(outcome, Measurement)
    return outcome


@pytest.mark.parametrize("sigma", [0.01, 0.05])
def test_the_interval_covers_the_truth_as_often_as_it_says(sigma: float) -> None:
    rng, covered = random.Random(7), 0
    for _ in range(300):
        outcome = the_measurement(measured(SimulatedSubject(SimulatedHost(), gaussian(rng, sigma))))
        covered += outcome.summary.ci_low_ms <= 1.2 + 40e-6 <= outcome.summary.ci_high_ms
    assert 0.91 <= covered / 300 <= 0.99


def test_a_quiet_host_gives_an_ok_measurement_that_stops_early() -> None:
    subject = SimulatedSubject(SimulatedHost(), gaussian(random.Random(3), 0.005), facts={"version": "1"})
    outcome = the_measurement(measured(subject))
    assert outcome.verdict == "ok"
    assert outcome.reasons == ()
    assert outcome.summary.n <= 2 * RULES.min_samples
    assert len(outcome.round_sizes) >= RULES.min_rounds
    assert outcome.runtime_facts == {"version": "1"}
    assert outcome.finished_at > outcome.started_at


def test_more_noise_takes_more_samples() -> None:
    quiet = measured(SimulatedSubject(SimulatedHost(), gaussian(random.Random(4), 0.005)))
    noisy = measured(SimulatedSubject(SimulatedHost(), gaussian(random.Random(4), 0.08)))
    assert the_measurement(noisy).summary.n > 2 * the_measurement(quiet).summary.n


def test_disturbed_samples_are_kept_raw_and_left_out_of_the_summary() -> None:
    rng = random.Random(5)
    host = SimulatedHost()
    subject = SimulatedSubject(host, gaussian(rng, 0.01), preempted_at_random(rng, 0.2))
    outcome = the_measurement(measured(subject))
    clean = [ms for index, ms in enumerate(outcome.samples_ms) if index not in outcome.disturbed]
    assert outcome.disturbed
    assert outcome.preemptions >= len(outcome.disturbed)
    assert max(outcome.samples_ms) > 3
    assert outcome.summary == summarize(clean)
    assert outcome.summary.median_ms == pytest.approx(1.2, rel=0.01)
    assert outcome.verdict == "ok"


def test_a_host_that_disturbs_nearly_every_sample_is_unfit_and_told_why() -> None:
    rng = random.Random(6)
    host = SimulatedHost(foreign_load=1.5, steal_share=0.25)
    outcome = the_measurement(measured(SimulatedSubject(host, lambda run: MS, preempted_at_random(rng, 0.999))))
    assert outcome.verdict == "unfit"
    assert outcome.summary.n < RULES.fewest_samples
    assert "1.50 cores" in outcome.reasons[0]
    assert "25.0%" in outcome.reasons[0]


def test_a_host_that_disturbs_every_sample_yields_no_measurement() -> None:
    outcome = measured(SimulatedSubject(SimulatedHost(), lambda run: MS, lambda run: 4 * MS))
    assert isinstance(outcome, Failure)
    assert outcome.error_class == "timed_out"
    assert "only 0 of" in outcome.message


def test_a_busy_host_is_given_time_to_yield_enough_clean_samples() -> None:
    rng = random.Random(8)
    outcome = the_measurement(
        measured(SimulatedSubject(SimulatedHost(), lambda run: MS, preempted_at_random(rng, 0.95)))
    )
    assert outcome.verdict == "ok"
    assert outcome.summary.n >= RULES.fewest_samples


def test_a_scattered_distribution_is_noisy() -> None:
    rng = random.Random(9)
    outcome = the_measurement(
        measured(SimulatedSubject(SimulatedHost(), lambda run: MS * rng.lognormvariate(0.5, 0.8)))
    )
    assert outcome.verdict == "noisy"
    assert "the median is known to" in outcome.reasons[0]


def test_a_subject_that_never_runs_steadily_is_noisy() -> None:
    outcome = the_measurement(
        measured(SimulatedSubject(SimulatedHost(), lambda run: MS * (1.2 + 1.2 * math.sin(run / 8) ** 2)))
    )
    assert outcome.verdict == "noisy"


def test_a_slow_warm_up_does_not_reach_the_samples() -> None:
    subject = SimulatedSubject(SimulatedHost(), lambda run: 1.2 * MS * (1 + 3 * math.exp(-run / 15)))
    outcome = the_measurement(measured(subject))
    assert outcome.summary.median_ms == pytest.approx(1.2, rel=0.03)
    assert outcome.warmup_runs > 2 * RULES.warmup_window


def test_small_ops_are_measured_by_many_runs_a_sample() -> None:
    outcome = the_measurement(measured(SimulatedSubject(SimulatedHost(), lambda run: 20_000)))
    assert outcome.inner_loops >= 50
    assert outcome.summary.median_ms == pytest.approx(0.02, rel=1e-3)


def test_a_coarse_timer_still_tells_small_ops_apart() -> None:
    def median_ms(run_ns: int) -> float:
        subject = SimulatedSubject(SimulatedHost(resolution_ns=15_600), lambda run: run_ns)
        return the_measurement(measured(subject)).summary.median_ms

    assert median_ms(20_600) / median_ms(20_000) == pytest.approx(1.03, abs=0.004)


def test_a_long_network_ends_with_fewer_samples() -> None:
    outcome = the_measurement(measured(SimulatedSubject(SimulatedHost(), gaussian(random.Random(1), 0.01, 300 * MS))))
    assert RULES.fewest_samples <= outcome.summary.n < RULES.min_samples
    assert outcome.inner_loops == 1


def test_noise_that_more_samples_do_not_lessen_ends_the_series() -> None:
    rng = random.Random(11)
    rules = TimingRules(max_s=60, target_relative_ci=1e-5, min_samples=30)
    level = {"of_round": 1.0}

    def drifting(run: int) -> float:
        level["of_round"] *= math.exp(rng.gauss(0, 0.01))
        return 1.2 * MS * level["of_round"]

    outcome = the_measurement(measured(SimulatedSubject(SimulatedHost(), drifting), rules))
    assert len(outcome.samples_ms) < 10_000


def test_what_the_host_does_not_show_is_absent() -> None:
    outcome = the_measurement(measured(SimulatedSubject(SimulatedHost(shows_times=False), lambda run: MS)))
    assert outcome.foreign_load is None
    assert outcome.steal_share is None
    assert outcome.clock_mhz == ()


def test_load_steal_and_clock_are_those_of_the_rounds() -> None:
    host = SimulatedHost(foreign_load=0.4, steal_share=0.03, mhz=2400.0)
    outcome = the_measurement(measured(SimulatedSubject(host, lambda run: MS)))
    assert outcome.foreign_load == pytest.approx(0.4, rel=1e-3)
    assert outcome.steal_share == pytest.approx(0.03, rel=1e-3)
    assert outcome.clock_mhz == (2400.0,) * 2 * len(outcome.round_sizes)


def test_cold_runs_are_timed_alone_and_the_clocks_share_in_them_is_stated() -> None:
    host, flushes = SimulatedHost(read_cost_ns=40, timer=TimerFacts(40, 1)), list[int]()

    def flush() -> None:
        host.true_ns += 5 * MS
        flushes.append(host.true_ns)

    series = Series(SimulatedSubject(host, lambda run: 4_000), RULES, host.instruments(flush))
    series.take_round()
    while series.needs_more:
        series.take_round()
    outcome = the_measurement(series.outcome())
    assert outcome.inner_loops == 1
    assert outcome.summary.median_ms == pytest.approx(0.004 + 40e-6)
    assert outcome.runtime_facts["timer_share"] == pytest.approx(40 / 4_040)
    assert len(flushes) == outcome.warmup_runs + len(outcome.samples_ms) + 2  # both calibrations
    assert host.true_ns < 2e9


def test_a_clock_too_coarse_for_the_op_widens_the_interval_until_it_is_noisy() -> None:
    host = SimulatedHost(resolution_ns=20 * MS, timer=TimerFacts(cost_ns=40, resolution_ns=20 * MS))
    outcome = the_measurement(measured(SimulatedSubject(host, lambda run: 100 * MS)))
    assert outcome.clock_step_ms == pytest.approx(20 / outcome.inner_loops)
    assert outcome.summary.ci_low_ms <= 100 <= outcome.summary.ci_high_ms
    assert outcome.verdict == "noisy"


def test_a_self_timed_subject_needs_no_undisturbed_host() -> None:
    class OnDevice(SimulatedSubject):
        def time_runs(self, runs: int) -> int:
            for _ in range(runs):
                self.run()
            return runs * 2 * MS

    outcome = the_measurement(measured(OnDevice(SimulatedHost(), lambda run: 3 * MS, lambda run: 4 * MS)))
    assert outcome.verdict == "ok"
    assert outcome.summary.median_ms == 2.0
    assert outcome.preemptions == len(outcome.samples_ms)
    assert outcome.disturbed == ()


def test_the_hypervisors_rounds_are_voided() -> None:
    host = SimulatedHost(slowness=lambda now_ns: 5.0 if now_ns // (15 * MS) % 4 == 3 else 1.0, steals=True)
    outcome = the_measurement(measured(SimulatedSubject(host, lambda run: 1.2 * MS)))
    assert outcome.voided_rounds
    assert outcome.summary.p95_ms == pytest.approx(1.2, rel=1e-3)
    assert outcome.verdict == "ok"
