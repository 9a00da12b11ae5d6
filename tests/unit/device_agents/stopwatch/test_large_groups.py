"""What becomes of subjects that have a hundred neighbours, on the simulated clock."""

import math
import random
from itertools import pairwise

from benchmarks.simulated_hosts import MS, SimulatedHost, SimulatedSubject
from device_agents.stopwatch.reference import ReferenceOp
from device_agents.stopwatch.rounds import measure_interleaved
from device_agents.stopwatch.rules import TimingRules
from latency_service.contract.measurement import Measurement

RULES = TimingRules()


def measured(subjects: dict[int, SimulatedSubject], host: SimulatedHost) -> dict[int, Measurement]:
    outcomes = measure_interleaved(subjects, RULES, host.instruments(), random.Random(0))
    return {key: outcome for key, outcome in outcomes if isinstance(outcome, Measurement)}


def seconds_before_the_last_turn(measurement: Measurement) -> float:
    before = measurement.samples_ms[: -measurement.round_sizes[-1]]
    return sum(before) * measurement.inner_loops / 1e3


def test_a_subject_takes_as_many_rounds_among_a_hundred_as_among_four() -> None:
    rounds = []
    for count in (4, 100):
        host = SimulatedHost()
        subjects = {key: SimulatedSubject(host, lambda run: MS / 2) for key in range(count)}
        rounds.append({len(each.round_sizes) for each in measured(subjects, host).values()})
    assert rounds == [{RULES.min_rounds}, {RULES.min_rounds}]


def test_subjects_that_never_settle_have_their_own_time_and_no_more_however_many_they_are() -> None:
    host, noise = SimulatedHost(), random.Random(0)
    subjects = {key: SimulatedSubject(host, lambda run: MS * noise.uniform(0.5, 1.5)) for key in range(100)}
    taken = [seconds_before_the_last_turn(each) for each in measured(subjects, host).values()]
    assert len(taken) == 100
    assert max(taken) < RULES.max_s


def test_signs_of_life_come_with_every_sample_however_long_a_round_lasts() -> None:
    host, longest_ns, told = SimulatedHost(), 30 * MS, list[int]()

    def tell() -> None:
        told.append(host.true_ns)

    def load() -> SimulatedSubject:
        return SimulatedSubject(host, lambda run: MS // 2)

    subjects = {key: SimulatedSubject(host, lambda run: longest_ns) for key in range(100)}
    reference = ReferenceOp(load, "an op", RULES, host.instruments(), tell)
    list(
        measure_interleaved(
            subjects, RULES, host.instruments(), random.Random(0), lambda key: tell(), reference=reference
        )
    )
    assert told[-1] - told[0] > 100 * RULES.min_rounds * RULES.round_s * 0.9e9
    assert max(later - sooner for sooner, later in pairwise(told)) < 1.01 * longest_ns


def wandering() -> SimulatedHost:
    """Return a machine whose speed goes up and down by 2 % within five seconds: too little to void a round."""
    return SimulatedHost(slowness=lambda now_ns: 1.01 + 0.01 * math.sin(2 * math.pi * now_ns / 5e9))


def largest_difference(group: int) -> float:
    """Measure 64 subjects that are alike in groups, and return by which share the outcomes differ."""
    host, medians = wandering(), list[float]()
    for start in range(0, 64, group):
        subjects = {key: SimulatedSubject(host, lambda run: MS) for key in range(start, start + group)}
        medians += [each.summary.median_ms for each in measured(subjects, host).values()]
    return max(medians) / min(medians) - 1


def test_what_is_alike_looks_alike_in_one_group_and_not_in_groups_at_other_speeds() -> None:
    assert largest_difference(64) < 0.006
    assert largest_difference(16) > 0.012
