import random

from device_agents.stopwatch.record import Round
from device_agents.stopwatch.stop_rule import StopRule
from tests.unit.device_agents.stopwatch.records import RULES, a_record, a_round


def rounds_of(sigma: float, count: int, seed: int = 0) -> list[Round]:
    rng = random.Random(seed)
    return [a_round(*(rng.gauss(1.2, 1.2 * sigma) for _ in range(RULES.round_samples))) for _ in range(count)]


def needs_more(*rounds: Round) -> bool:
    return StopRule(RULES).needs_more(a_record(*rounds))


def test_quiet_samples_suffice_after_the_fewest_rounds() -> None:
    assert needs_more(*rounds_of(0.005, RULES.min_rounds - 1))
    assert not needs_more(*rounds_of(0.005, RULES.min_rounds))


def test_scattered_samples_do_not() -> None:
    assert needs_more(*rounds_of(0.08, RULES.min_rounds))


def test_an_interval_that_is_narrow_by_chance_does_not_end_a_series() -> None:
    lucky = a_round(1.0, 1.2, 1.2, 1.2, 1.2, 1.2, 1.2, 1.4)  # the middle half of the samples is far wider
    spread = a_round(0.9, 0.95, 1.0, 1.2, 1.2, 1.4, 1.45, 1.5)
    assert needs_more(lucky, *[spread] * (RULES.min_rounds - 1))


def test_rounds_that_differ_need_more() -> None:
    calm, slow = rounds_of(0.001, 4), [a_round(*[1.3] * RULES.round_samples)] * 2
    assert needs_more(*calm, *slow)


def test_the_time_is_out_even_if_the_median_is_not_known_well() -> None:
    assert not needs_more(*rounds_of(0.3, round(RULES.max_s / 0.0096) + 2))


def test_cold_caches_are_given_more_time() -> None:
    record = a_record(*rounds_of(0.3, round(RULES.max_s / 0.0096) + 2))
    assert StopRule(RULES, is_cold=True).needs_more(record)


def test_an_unsteady_machine_is_given_time_to_settle_and_no_more() -> None:
    def unsteady(count: int) -> list[Round]:
        return [a_round(*[1.2] * RULES.round_samples, stolen_share=0.5) for _ in range(count)]

    assert needs_more(*unsteady(round(0.8 * RULES.unsteady_s / 0.0096)))
    assert not needs_more(*unsteady(round(1.2 * RULES.unsteady_s / 0.0096)))


def test_voided_rounds_are_replaced() -> None:
    voided = a_round(*[1.5] * RULES.round_samples, stolen_share=0.3)
    assert needs_more(*rounds_of(0.001, RULES.min_rounds - 1), voided)
    assert not needs_more(*rounds_of(0.001, RULES.min_rounds), voided)
