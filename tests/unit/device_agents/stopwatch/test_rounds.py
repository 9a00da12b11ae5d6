import random
from itertools import groupby

from device_agents.runtimes.base import UnsupportedWorkload
from device_agents.stopwatch.rounds import measure_interleaved
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.series import Outcome
from latency_service.contract.measurement import Failure, Measurement
from tests.unit.device_agents.stopwatch.simulation import MS, SimulatedHost, SimulatedSubject

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
    subjects: dict[str, SimulatedSubject], host: SimulatedHost, turns: list[str], seed: int = 0
) -> dict[str, Outcome]:
    rng = random.Random(seed)
    return dict(measure_interleaved(subjects, TimingRules(), host.instruments(), rng, turns.append))


def test_every_subject_gets_one_turn_a_round_in_orders_that_differ() -> None:
    host, turns = SimulatedHost(), list[str]()
    outcomes = outcomes_of(subjects_of(host, []), host, turns)
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
        host, turns = SimulatedHost(), list[str]()
        outcomes_of(subjects_of(host, []), host, turns, seed)
        orders.append(turns)
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
