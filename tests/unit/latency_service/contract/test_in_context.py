import math
import random

import pytest
from pydantic import ValidationError

from latency_service.contract.in_context import WIDEST_SHARE, InContext, difference, drowns
from latency_service.contract.summary import summarize_rounds
from latency_service.contract.timings import Timings

ROUNDS, SAMPLES = 8, 8
OP_MS, FEEDER_MS = 0.25, 0.75


def timings(rounds: list[list[float]], **more: tuple[int, ...]) -> Timings:
    summary = summarize_rounds(rounds)
    sizes, samples = tuple(map(len, rounds)), tuple(sample for samples in rounds for sample in samples)
    return Timings(samples_ms=samples, round_sizes=sizes, inner_loops=1, warmup_runs=0, summary=summary, **more)


def noisy(middle_ms: float, rng: random.Random, speeds: list[float], noise: float = 0.01) -> Timings:
    return timings([[speed * middle_ms * rng.lognormvariate(0, noise) for _ in range(SAMPLES)] for speed in speeds])


def pair(rng: random.Random, speeds: list[float]) -> tuple[Timings, Timings]:
    return noisy(FEEDER_MS + OP_MS, rng, speeds), noisy(FEEDER_MS, rng, speeds)


def test_on_a_steady_machine_the_interval_is_that_of_two_independent_medians() -> None:
    chain, alone = pair(random.Random(1), [1.0] * ROUNDS)
    latency_ms, (low, high) = difference(chain, alone)
    fed, by = chain.summary, alone.summary
    assert latency_ms == fed.median_ms - by.median_ms
    assert low == latency_ms - math.sqrt((fed.median_ms - fed.ci_low_ms) ** 2 + (by.ci_high_ms - by.median_ms) ** 2)
    assert high == latency_ms + math.sqrt((fed.ci_high_ms - fed.median_ms) ** 2 + (by.median_ms - by.ci_low_ms) ** 2)


def test_a_drift_that_both_share_does_not_drown_the_difference() -> None:
    chain, alone = pair(random.Random(1), [1 + 0.02 * number for number in range(ROUNDS)])
    latency_ms, (low, high) = difference(chain, alone)
    assert latency_ms == pytest.approx(OP_MS * 1.07, rel=0.03)
    assert not drowns(latency_ms, (low, high))
    pooled = chain.summary.ci_high_ms - chain.summary.ci_low_ms
    assert high - low < pooled / 2


@pytest.mark.parametrize("drift", [0.0, 0.01])
def test_the_interval_holds_the_truth_as_often_as_its_level_says(drift: float) -> None:
    rng, held, trials = random.Random(7), 0, 400
    for _ in range(trials):
        speeds = [1 + drift * rng.gauss(0, 1) for _ in range(ROUNDS)]
        _, (low, high) = difference(*pair(rng, speeds))
        held += low <= OP_MS <= high
    assert held >= 0.93 * trials


def test_rounds_that_do_not_count_and_those_without_a_partner_are_left_out() -> None:
    good = [[1.0, 1.01, 1.02], [1.2, 1.21, 1.22], [1.1, 1.11, 1.12]]
    alone = timings([[each - 0.3 for each in samples] for samples in good] + [[5.0, 5.0, 5.0]])
    chain = timings([*good[:2], [9.0, 9.01, 9.02]], voided_rounds=(2,))
    assert difference(chain, alone)[0] == pytest.approx(0.3)


def test_a_wide_or_negative_difference_drowns() -> None:
    assert not drowns(1.0, (1 - 0.99 * WIDEST_SHARE, 1 + 0.99 * WIDEST_SHARE))
    assert drowns(1.0, (1 - 1.01 * WIDEST_SHARE, 1.0))
    assert drowns(1.0, (1.0, 1 + 1.01 * WIDEST_SHARE))
    assert drowns(-0.1, (-0.1, -0.1))
    assert not drowns(1.0, (1.0, 1.0))


def test_a_record_whose_difference_drowns_must_say_so() -> None:
    rng = random.Random(3)
    chain, alone = noisy(1.0, rng, [1.0] * ROUNDS, 0.05), noisy(0.99, rng, [1.0] * ROUNDS, 0.05)
    with pytest.raises(ValidationError, match="drowns in noise"):
        InContext(feeder="v1", chain=chain, alone=alone)
    context = InContext(feeder="v1", chain=chain, alone=alone, reasons=("it drowns",))
    assert context.latency_ms == difference(chain, alone)[0]
    assert context.ci_ms == difference(chain, alone)[1]
