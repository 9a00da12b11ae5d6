import random
from itertools import groupby

import pytest

from benchmarks.simulated_hosts import MS, SimulatedHost, SimulatedSubject
from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.stopwatch.reference import ReferenceOp
from device_agents.stopwatch.rounds import measure_interleaved
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.series import Outcome
from latency_service.contract.measurement import Failure, Measurement

NAMES = ("a", "b", "c", "d")


class Crashing(SimulatedSubject):
    """Fails at its 30th run."""

    def run(self) -> None:
        super().run()
        if self.runs == 30:
            raise UnsupportedWorkload("no more")


def subjects_of(host: SimulatedHost, log: list[str]) -> dict[str, SimulatedSubject]:
    return {name: SimulatedSubject(host, lambda run: MS, log=log, name=name) for name in NAMES}


def outcomes_of(
    subjects: dict[str, SimulatedSubject], host: SimulatedHost, progress: list[str], seed: int = 0
) -> dict[str, Outcome]:
    rng = random.Random(seed)
    return dict(measure_interleaved(subjects, TimingRules(), host.instruments(), rng, progress.append))


def turns_in(progress: list[str]) -> list[str]:
    """Return whose turns there were: the first, which warms up, is as long for all; the others are a round each."""
    first = len(list(next(groupby(progress))[1]))
    start = len(NAMES) * first
    return progress[:start:first] + progress[start :: TimingRules().round_samples + 1]


def test_every_subject_gets_one_turn_a_round_in_orders_that_differ() -> None:
    host, progress = SimulatedHost(), list[str]()
    outcomes = outcomes_of(subjects_of(host, []), host, progress)
    turns = turns_in(progress)
    rounds = [tuple(turns[start : start + 4]) for start in range(0, len(turns), 4)]
    assert set(outcomes) == set(NAMES)
    assert all(set(one_round) == set(NAMES) for one_round in rounds)
    assert len(set(rounds)) > 1


def test_the_runs_themselves_are_interleaved() -> None:
    host, log = SimulatedHost(), list[str]()
    outcomes_of(subjects_of(host, log), host, [])
    blocks = [name for name, _ in groupby(name for name in log if name in NAMES)]
    assert blocks.count("a") >= TimingRules().min_rounds - 1


def test_the_seed_decides_the_order() -> None:
    orders = []
    for seed in (1, 1, 2):
        host, progress = SimulatedHost(), list[str]()
        outcomes_of(subjects_of(host, []), host, progress, seed)
        orders.append(turns_in(progress))
    assert orders[0] == orders[1] != orders[2]


def test_a_subject_that_fails_does_not_take_its_neighbours_along() -> None:
    host = SimulatedHost()
    subjects = {**subjects_of(host, []), "bad": Crashing(host, lambda run: MS)}
    outcomes = outcomes_of(subjects, host, [])
    failure = outcomes.pop("bad")
    assert isinstance(failure, Failure)
    assert failure.error_class == "unsupported"
    assert failure.message == "no more"
    assert all(isinstance(outcome, Measurement) for outcome in outcomes.values())


def test_a_drift_of_the_host_hits_all_subjects_alike() -> None:
    host = SimulatedHost()
    subjects = {name: SimulatedSubject(host, lambda run: MS * (1 + host.true_ns / 20e9)) for name in NAMES}
    medians = [o.summary.median_ms for o in outcomes_of(subjects, host, []).values() if isinstance(o, Measurement)]
    assert max(medians) / min(medians) < 1.01


def reference_on(host: SimulatedHost, rules: TimingRules) -> ReferenceOp:
    return ReferenceOp(lambda: SimulatedSubject(host, lambda run: MS // 2), "an op", rules, host.instruments())


def measured_beside_a_reference(host: SimulatedHost) -> dict[str, Measurement]:
    rules, subjects = TimingRules(), subjects_of(host, [])
    reference = reference_on(host, rules)
    outcomes = measure_interleaved(subjects, rules, host.instruments(), random.Random(0), reference=reference)
    return {name: outcome for name, outcome in outcomes if isinstance(outcome, Measurement)}


def test_every_round_lies_between_two_readings_of_the_reference() -> None:
    measurements = measured_beside_a_reference(SimulatedHost())
    assert len(measurements) == len(NAMES)
    for measurement in measurements.values():
        assert len(measurement.reference_ms) >= 2
        assert measurement.runtime_facts["reference_op"] == "an op"
        assert measurement.verdict == "ok"
        assert measurement.voided_rounds == ()


def test_rounds_of_a_slow_spell_are_voided_and_taken_again() -> None:
    def slowness(now_ns: int) -> float:
        return 1.3 if 250 * MS <= now_ns < 380 * MS else 1.0

    for measurement in measured_beside_a_reference(SimulatedHost(slowness=slowness)).values():
        assert measurement.voided_rounds
        assert max(measurement.samples_ms) > 1.25
        assert len(measurement.round_sizes) - len(measurement.voided_rounds) >= TimingRules().min_rounds
        assert measurement.summary.p95_ms == pytest.approx(1.0, rel=0.01)
        assert measurement.verdict == "ok"
        assert measurement.summary == measurement.recompute_summary()


def test_a_machine_throttled_for_good_is_not_ok_and_says_by_how_much() -> None:
    host = SimulatedHost(slowness=lambda now_ns: 1.3 if now_ns > 200 * MS else 1.0)
    for measurement in measured_beside_a_reference(host).values():
        assert measurement.verdict == "noisy"
        assert "30.0% more than at its level" in " ".join(measurement.reasons)
        assert measurement.voided_rounds == ()


def test_without_a_reference_nothing_is_voided() -> None:
    host = SimulatedHost()
    for outcome in outcomes_of(subjects_of(host, []), host, []).values():
        assert isinstance(outcome, Measurement)
        assert outcome.reference_ms == ()
        assert "reference_op" not in outcome.runtime_facts


def rounds_of(outcome: Outcome) -> int:
    assert isinstance(outcome, Measurement)
    return len(outcome.round_sizes)


def test_who_stands_beside_others_takes_a_round_with_each_of_theirs_and_is_done_last() -> None:
    host, rng, noise = SimulatedHost(), random.Random(0), random.Random(1)
    subjects = subjects_of(host, []) | {"d": SimulatedSubject(host, lambda run: MS * noise.uniform(0.5, 1.5))}
    outcomes = dict(measure_interleaved(subjects, TimingRules(), host.instruments(), rng, serves={"a": ("c", "d")}))
    assert rounds_of(outcomes["d"]) > rounds_of(outcomes["c"])
    assert rounds_of(outcomes["a"]) == rounds_of(outcomes["d"])
    assert rounds_of(outcomes["b"]) == rounds_of(outcomes["c"])
    assert list(outcomes)[-1] == "a"


def test_those_that_belong_together_have_their_turns_behind_each_other() -> None:
    host, rng, progress = SimulatedHost(), random.Random(0), list[str]()
    rules = TimingRules()
    list(
        measure_interleaved(subjects_of(host, []), rules, host.instruments(), rng, progress.append, None, {"a": ("c",)})
    )
    turns = turns_in(progress)
    rounds = [turns[start : start + 4] for start in range(0, len(turns), 4)]
    assert all(abs(one.index("a") - one.index("c")) == 1 for one in rounds)
    assert len({tuple(one) for one in rounds}) > 1


def test_who_stands_beside_one_that_fails_is_measured_all_the_same() -> None:
    host, rng = SimulatedHost(), random.Random(0)
    subjects = {**subjects_of(host, []), "bad": Crashing(host, lambda run: MS)}
    outcomes = dict(measure_interleaved(subjects, TimingRules(), host.instruments(), rng, serves={"a": ("bad",)}))
    assert isinstance(outcomes["bad"], Failure)
    assert rounds_of(outcomes["a"]) == rounds_of(outcomes["b"])


def test_each_turn_is_told_of_with_the_number_of_its_round() -> None:
    host, rng = SimulatedHost(), random.Random(0)
    turns: dict[str, list[int]] = {name: [] for name in NAMES}
    outcomes = dict(
        measure_interleaved(
            subjects_of(host, []), TimingRules(), host.instruments(), rng, on_turn=lambda key, n: turns[key].append(n)
        )
    )
    assert turns == {name: list(range(rounds_of(outcomes[name]))) for name in NAMES}


def test_who_had_enough_until_a_round_was_voided_has_missed_the_rounds_in_between() -> None:
    host, rng, rules, noise = SimulatedHost(), random.Random(0), TimingRules(), random.Random(1)
    host.slowness = lambda now_ns: 1.3 if 520 * MS <= now_ns < 620 * MS else 1.0
    turns: dict[str, list[int]] = {name: [] for name in NAMES}
    subjects = subjects_of(host, []) | {"d": SimulatedSubject(host, lambda run: MS * noise.uniform(0.5, 1.5))}
    arguments = (subjects, rules, host.instruments(), rng)
    reference = reference_on(host, rules)
    list(measure_interleaved(*arguments, reference=reference, on_turn=lambda key, n: turns[key].append(n)))
    assert any(numbers != list(range(len(numbers))) for numbers in turns.values())
