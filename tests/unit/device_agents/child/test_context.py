import random
import statistics

import pytest

from device_agents.child.context import Timed, no_context, put_in_context, some_rounds
from device_agents.stopwatch.series import Outcome
from latency_service.contract.in_context import difference
from latency_service.contract.measurement import Failure, Measurement
from latency_service.contract.summary import summarize_rounds
from latency_service.contract.timings import Timings
from tests.unit.device_agents.parts import NOON

FEEDER = "v1-mbconv-28x28x40-out40-k3-s1-e3-skip0-relu6"


def measured(
    middle_ms: float, rounds: int = 6, noise: float = 0.003, verdict: str = "ok", seed: int = 0
) -> Measurement:
    rng = random.Random(seed)
    taken = [[middle_ms * rng.lognormvariate(0, noise) for _ in range(8)] for _ in range(rounds)]
    return Measurement.model_validate(
        {
            "samples_ms": tuple(sample for samples in taken for sample in samples),
            "round_sizes": tuple(map(len, taken)),
            "inner_loops": 4,
            "warmup_runs": 10,
            "summary": summarize_rounds(taken),
            "verdict": verdict,
            "reasons": () if verdict == "ok" else ("the host was busy",),
            "preemptions": 0,
            "runtime_facts": {"runtime_version": "1.0"},
            "started_at": NOON,
            "finished_at": NOON,
        }
    )


def timed(outcome: Outcome, rounds: tuple[int, ...] | None = None) -> Timed:
    """Return it as measured in these rounds; by default in the session's first."""
    taken = range(len(outcome.round_sizes)) if isinstance(outcome, Measurement) else range(1)
    return Timed(outcome, tuple(taken) if rounds is None else rounds)


def test_an_op_gets_the_difference_beside_its_isolated_timing() -> None:
    op, chain, alone = measured(0.3), measured(1.0, seed=1), measured(0.75, seed=2)
    result = put_in_context(op, FEEDER, timed(chain), timed(alone))
    assert result.in_context is not None
    assert result.in_context.reasons == ()
    assert result.in_context.latency_ms == pytest.approx(0.25, rel=0.02)
    assert result.summary == op.summary


def test_the_feeder_counts_with_the_rounds_that_it_shares_with_the_chain() -> None:
    chain, alone = measured(1.0, rounds=6), measured(0.75, rounds=20, seed=2)
    context = put_in_context(measured(0.3), FEEDER, timed(chain), timed(alone)).in_context
    assert context is not None
    assert context.alone.samples_ms == alone.samples_ms[: 6 * 8]
    assert context.alone.summary == summarize_rounds([alone.samples_ms[start : start + 8] for start in range(0, 48, 8)])


def stepping(middle_ms: float, speeds: tuple[float, ...], seed: int) -> Measurement:
    """Return what is measured of a machine that has another speed in each round."""
    rng = random.Random(seed)
    taken = [[middle_ms * speed * rng.lognormvariate(0, 0.001) for _ in range(8)] for speed in speeds]
    samples = tuple(sample for samples in taken for sample in samples)
    return measured(middle_ms).model_copy(
        update={
            "samples_ms": samples,
            "round_sizes": tuple(map(len, taken)),
            "summary": summarize_rounds(taken),
        }
    )


def test_rounds_that_one_of_the_two_has_missed_pair_with_no_other() -> None:
    speeds = (1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.2, 2.4)
    fed_in, chained_in = (0, 1, 3, 4, 5, 6, 7), (0, 1, 2, 3, 4, 6, 7)
    alone = stepping(1.0, tuple(speeds[number] for number in fed_in), seed=1)
    chain = stepping(1.01, tuple(speeds[number] for number in chained_in), seed=2)
    context = put_in_context(measured(0.01), FEEDER, timed(chain, chained_in), timed(alone, fed_in)).in_context
    assert context is not None
    shares = [
        statistics.fmean(both) / statistics.fmean(by) - 1
        for both, by in zip(context.chain.counting_rounds(), context.alone.counting_rounds(), strict=True)
    ]
    assert len(shares) == len({0, 1, 3, 4, 6, 7})
    assert shares == pytest.approx([0.01] * 6, abs=0.004)  # a pair that slipped is off by a tenth or more


def test_some_rounds_keep_what_was_left_out_of_them() -> None:
    whole = measured(1.0, rounds=4)
    timings = Timings(**{name: getattr(whole, name) for name in Timings.model_fields}).model_copy(
        update={"disturbed": (1, 9, 20), "voided_rounds": (0, 3)}
    )
    some = some_rounds(timings, (1, 3))
    assert (some.round_sizes, some.disturbed, some.voided_rounds) == ((8, 8), (1,), (1,))
    assert some.samples_ms == timings.samples_ms[8:16] + timings.samples_ms[24:32]
    kept = [sample for index, sample in enumerate(whole.samples_ms[8:16]) if index != 1]
    assert some.summary == summarize_rounds([kept, []])
    assert some_rounds(timings, range(4)) == timings.model_copy(update={"summary": timings.recompute_summary()})


def test_a_difference_that_drowns_says_so() -> None:
    op, chain, alone = measured(0.002), measured(1.0, noise=0.02, seed=1), measured(0.998, noise=0.02, seed=2)
    context = put_in_context(op, FEEDER, timed(chain), timed(alone)).in_context
    assert context is not None
    assert ["drowns in noise" in reason for reason in context.reasons] == [True]
    assert context.latency_ms == difference(context.chain, context.alone)[0]


@pytest.mark.parametrize(("chain", "alone", "who"), [("unfit", "ok", "feeder and op"), ("ok", "unfit", "the feeder")])
def test_what_is_unfit_lends_the_difference_no_trust(chain: str, alone: str, who: str) -> None:
    parts = timed(measured(1.0, verdict=chain)), timed(measured(0.5, verdict=alone))
    context = put_in_context(measured(0.5), FEEDER, *parts).in_context
    assert context is not None
    assert len(context.reasons) == 1
    assert context.reasons[0].startswith(who)


def test_without_a_chain_or_a_feeder_the_isolated_timing_stands_and_says_why() -> None:
    failure = Failure(error_class="crashed", message="it broke")
    for parts in ((failure, measured(0.5)), (measured(1.0), failure)):
        result = put_in_context(measured(0.5), FEEDER, *(timed(part) for part in parts))
        assert result == no_context(measured(0.5), failure)
        assert result.in_context is None
        assert result.runtime_facts == {"runtime_version": "1.0", "in_context": "crashed: it broke"}
