import random
from collections.abc import Callable

import pytest

from benchmarks.simulated_hosts import MS, SimulatedHost, SimulatedSubject
from device_agents.runtimes.base import DeviceAway, UnsupportedWorkload
from device_agents.stopwatch.reference import ReferenceOp
from device_agents.stopwatch.subject import Subject
from tests.unit.device_agents.stopwatch.records import RULES, slower_by


def reference_on(host: SimulatedHost, sigma: float = 0.0, seed: int = 0) -> ReferenceOp:
    rng = random.Random(seed)
    subject = SimulatedSubject(host, lambda run: MS * rng.gauss(1.1, 1.1 * sigma))
    return ReferenceOp(lambda: subject, "an op", RULES, host.instruments())


def readings(reference: ReferenceOp, host: SimulatedHost, slowness: list[float]) -> None:
    for factor in slowness:
        host.slowness = slower_by(factor)
        reference.read()


def raising(error: Exception) -> Callable[[], Subject]:
    def load() -> Subject:
        raise error

    return load


def test_a_round_is_off_speed_if_the_mean_of_the_readings_beside_it_is() -> None:
    host = SimulatedHost()
    reference = reference_on(host)
    readings(reference, host, [1.0, 1.0, 1.3, 1.0, 1.0])
    assert [reference.shift(before) for before in range(1, 5)] == pytest.approx([0, 0.3, 0.3, 0], abs=1e-3)


def test_a_flicker_that_one_reading_catches_and_the_next_does_not_is_within_the_tolerance() -> None:
    host = SimulatedHost()
    reference = reference_on(host)
    readings(reference, host, [1.0, 1.0, 1.05, 1.0, 1.05, 1.05])
    assert [reference.shift(before) for before in range(1, 6)] == pytest.approx([0, 0, 0, 0, 0.05], abs=1e-3)


def test_a_neighbour_that_was_there_at_the_start_is_seen_once_it_has_gone() -> None:
    host = SimulatedHost()
    reference = reference_on(host)
    readings(reference, host, [1.3, 1.3])
    assert reference.shift(1) == 0
    readings(reference, host, [1.0, 1.0])
    assert reference.shift(1) == pytest.approx(0.3, abs=0.01)
    assert reference.shift(3) == 0


def test_a_machine_that_stays_slow_never_becomes_the_level() -> None:
    host = SimulatedHost()
    reference = reference_on(host)
    readings(reference, host, [1.0] * 3 + [1.3] * 50)
    assert reference.shift(53) == pytest.approx(0.3, abs=1e-3)


@pytest.mark.parametrize("sigma", [0.002, 0.03, 0.2])
def test_noise_alone_is_hardly_ever_off_speed(sigma: float) -> None:
    host = SimulatedHost()
    shifts = []
    for seed in range(40):
        reference = reference_on(host, sigma, seed)
        readings(reference, host, [1.0] * 12)
        shifts += [reference.shift(before) for before in range(1, 12)]
    assert sum(shift != 0 for shift in shifts) / len(shifts) < 0.05


def test_a_preempted_reading_is_not_a_slow_one() -> None:
    host = SimulatedHost()
    subject = SimulatedSubject(host, lambda run: 1.1 * MS)
    reference = ReferenceOp(lambda: subject, "an op", RULES, host.instruments())
    reference.read()
    subject.preempted_ns = lambda run: 4 * MS if run % 2 else 0
    reference.read()
    assert reference.shift(1) == 0


def test_readings_take_a_small_share_of_the_time() -> None:
    host = SimulatedHost()
    reference = reference_on(host)
    reference.read()
    start_ns, busy_ns = host.true_ns, 0
    while host.true_ns < start_ns + 5_000 * MS:
        host.true_ns += 10 * MS
        before_ns = host.true_ns
        reference.read_if_due()
        busy_ns += host.true_ns - before_ns
    assert len(reference.readings_ms) > 20
    assert busy_ns < 1.1 * RULES.reference_max_share * 5_000 * MS


def test_a_reference_that_cannot_be_loaded_is_absent_and_says_why() -> None:
    host = SimulatedHost()
    reference = ReferenceOp(raising(UnsupportedWorkload("no such kernel")), "an op", RULES, host.instruments())
    reference.read()
    assert reference.facts == {"reference_op": None, "reference_absent": "no such kernel"}
    assert reference.has_closed(0)
    assert reference.shift(0) == 0


def test_a_reference_that_fails_later_is_absent_from_then_on() -> None:
    host = SimulatedHost()
    subject = SimulatedSubject(host, lambda run: MS)
    reference = ReferenceOp(lambda: subject, "an op", RULES, host.instruments())
    assert reference.facts == {"reference_op": "an op"}
    subject.duration_ns = lambda run: 1 / 0
    reference.read()
    assert "ZeroDivisionError" in str(reference.facts["reference_absent"])


def test_a_device_that_goes_away_ends_the_session() -> None:
    with pytest.raises(DeviceAway):
        ReferenceOp(raising(DeviceAway("unplugged")), "an op", RULES, SimulatedHost().instruments())
