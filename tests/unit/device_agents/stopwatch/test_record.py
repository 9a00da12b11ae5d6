import pytest

from benchmarks.simulated_hosts import MS, SimulatedHost, SimulatedSubject
from device_agents.stopwatch.reference import ReferenceOp
from device_agents.stopwatch.sample import Sample
from tests.unit.device_agents.stopwatch.records import RULES, a_record, a_round, slower_by


def reference_reading(*slowness: float) -> ReferenceOp:
    host = SimulatedHost()
    reference = ReferenceOp(lambda: SimulatedSubject(host, lambda run: 1.1 * MS), "an op", RULES, host.instruments())
    for factor in slowness:
        host.slowness = slower_by(factor)
        reference.read()
    return reference


def test_a_round_at_another_speed_is_voided() -> None:
    reference = reference_reading(1.0, 1.0, 1.0, 1.0, 1.2)
    record = a_record(*(a_round(1.0, readings_before=before) for before in range(1, 5)), reference=reference)
    assert record.voided == (3,)
    assert record.kept == record.rounds[:3]
    assert record.largest_shift == pytest.approx(0.2, abs=1e-3)
    assert record.reference_ms == tuple(reference.readings_ms)


def test_a_round_that_the_hypervisor_took_part_of_is_voided() -> None:
    record = a_record(a_round(1.0), a_round(1.0), a_round(1.5, stolen_share=0.3))
    assert record.voided == (2,)
    assert record.largest_stolen_share == 0.3


def test_where_most_rounds_are_off_speed_none_can_be_called_the_right_one() -> None:
    record = a_record(a_round(1.0), a_round(1.5, stolen_share=0.3), a_round(1.5, stolen_share=0.3))
    assert record.off_speed == (1, 2)
    assert record.is_unsteady
    assert record.voided == ()
    assert len(record.kept) == 3


def test_a_later_reading_may_void_an_earlier_round() -> None:
    reference = reference_reading(1.3, 1.3)
    record = a_record(a_round(1.3, readings_before=1), reference=reference)
    assert not record.is_unsteady
    reference.readings_ms.extend([1.1] * 4)
    reference.read()
    assert record.is_unsteady


def test_a_round_is_open_until_the_reference_has_been_read_again() -> None:
    reference = reference_reading(1.0)
    record = a_record(a_round(1.0, readings_before=1), reference=reference)
    assert not record.is_closed
    reference.read()
    assert record.is_closed
    assert a_record(a_round(1.0)).is_closed


def test_a_rounds_clean_samples_are_the_undisturbed_ones() -> None:
    one = a_round(1.0, 2.0)
    disturbed = Sample(duration_ns=5 * MS, runs=1, switches=1)
    assert type(one)((*one.samples, disturbed), 0.01, 0, 0.0).clean_ms == (1.0, 2.0)
