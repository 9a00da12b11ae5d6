"""The correction as a whole, on devices whose truth is known."""

from collections.abc import Sequence
from statistics import mean

import numpy as np
import pytest

from latency_service.contract.messages import Correction
from latency_service.services.correction.anchors import Anchor
from latency_service.services.correction.fitting import fit_correction
from tests.unit.latency_service.services.correction.simulated_device import (
    KEYS,
    Session,
    additive,
    interacting,
    launch_bound,
    measured_alone,
    predicted_ms,
    random_networks,
    relative_errors,
    starting_with,
)

SEEDS = range(12)


def fitted(entries_ms: dict[str, float], anchors: Sequence[Anchor]) -> Correction:
    correction = fit_correction(entries_ms, anchors)
    assert correction is not None
    return correction


def mape(errors: Sequence[float]) -> float:
    return 100 * mean(map(abs, errors))


def additive_case(seed: int, count: int, **spread: float) -> tuple[dict[str, float], list[Anchor]]:
    rng = np.random.default_rng(seed)
    device = additive(rng, **spread)
    return measured_alone(rng), Session(device).anchors(random_networks(rng, count), rng)


@pytest.mark.parametrize("count", [5, 10, 20, 40])
def test_networks_it_never_saw_are_told_within_the_held_out_error(count: int) -> None:
    """Anchors and new networks of one session, whose drift the table knows nothing of."""
    promised, kept, naive = [], [], []
    for seed in SEEDS:
        entries_ms, networks = additive_case(seed, count + 60, class_spread=0.08)
        correction = fitted(entries_ms, networks[:count])
        promised.append(correction.held_out.mape_percent)
        kept.append(mape(relative_errors(correction, entries_ms, networks[count:])))
        plain = correction.model_copy(update={"factors": {}, "scale": 1.0, "intercept_ms": 0.0})
        naive.append(mape(relative_errors(plain, entries_ms, networks[count:])))
        assert correction.additivity == "additive"
    # Over 200 seeds the two agree to 5 %; a tenth is the chance of so few seeds.
    assert 0.8 < mean(kept) / mean(promised) < 1.25
    assert mean(kept) < 0.7 * mean(naive)


def test_from_twenty_anchors_on_ops_have_factors_of_their_own_and_that_helps() -> None:
    for seed in SEEDS:
        entries_ms, networks = additive_case(seed, 80)
        few, many = fitted(entries_ms, networks[:19]), fitted(entries_ms, networks[:20])
        assert (few.method, few.factors, many.method) == ("scale", {}, "class_and_op")
        errors = [mape(relative_errors(each, entries_ms, networks[20:])) for each in (few, many)]
        assert errors[1] < errors[0]


def test_where_ops_take_in_networks_what_they_take_alone_twenty_anchors_do_no_harm() -> None:
    kept = []
    for seed in SEEDS:
        entries_ms, networks = additive_case(seed, 80, class_spread=0.0, op_spread=0.0)
        kept.append(mape(relative_errors(fitted(entries_ms, networks[:20]), entries_ms, networks[20:])))
    assert mean(kept) < 0.8  # of which 0.56 is the new networks' own noise


def test_the_held_out_error_is_that_of_the_whole_procedure_without_each_anchor() -> None:
    entries_ms, anchors = additive_case(3, 21)
    errors = []
    for anchor in anchors:
        others = [each for each in anchors if each is not anchor]
        errors += relative_errors(fitted(entries_ms, others), entries_ms, [anchor])
    assert fitted(entries_ms, anchors).held_out.mape_percent == pytest.approx(mape(errors), rel=1e-4)


@pytest.mark.parametrize("count", [6, 12])
def test_so_it_is_of_few_anchors(count: int) -> None:
    entries_ms, anchors = additive_case(4, count)
    errors = []
    for anchor in anchors:
        others = [each for each in anchors if each is not anchor]
        errors += relative_errors(fitted(entries_ms, others), entries_ms, [anchor])
    assert fitted(entries_ms, anchors).held_out.mape_percent == pytest.approx(mape(errors), rel=1e-4)


def test_the_scale_makes_relative_errors_small() -> None:
    """A network of 100 ms weighs what one of 1 ms does: compared with every other scale nearby."""
    op = KEYS[0]
    anchors = [
        Anchor(str(count), {op: count}, latency)
        for count, latency in ((1, 1.1), (2, 1.9), (9, 9.3), (90, 85.0), (91, 90.0))
    ]
    scale = fitted({op: 1.0}, anchors).scale

    def loss(tried: float) -> float:
        return sum((tried * each.depth / each.latency_ms - 1) ** 2 for each in anchors)

    grid = [scale + step * 1e-4 for step in range(-500, 501)]
    assert min(grid, key=loss) == pytest.approx(scale, abs=2e-5)


def test_ops_that_occur_in_no_anchor_have_the_scale_and_no_factor() -> None:
    for seed in SEEDS:
        entries_ms, anchors = additive_case(seed, 24)
        unseen = {key for key in KEYS if not any(key in anchor.op_counts for anchor in anchors)} | {"v1-identity-9x9x9"}
        correction = fitted(entries_ms | {"v1-identity-9x9x9": 2.0}, anchors)
        assert correction.method == "class_and_op"
        assert correction.factors.keys() == set(KEYS) - unseen
        without = predicted_ms(correction, entries_ms, anchors[0].op_counts)
        added = predicted_ms(correction, entries_ms | {"v1-identity-9x9x9": 2.0}, {"v1-identity-9x9x9": 1})
        assert added == correction.intercept_ms + correction.scale * 2.0
        assert without > 0


def test_an_intercept_appears_where_networks_have_one_and_seldom_elsewhere() -> None:
    found = {3.0: 0, 0.0: 0}
    for seed in SEEDS:
        for intercept_ms in found:
            rng = np.random.default_rng(seed)
            device = starting_with(intercept_ms, additive(rng, 0.0, 0.0))
            anchors = Session(device).anchors(random_networks(rng, 15), rng)
            found[intercept_ms] += fitted(measured_alone(rng, 0.0), anchors).intercept_ms != 0
    assert found[3.0] == len(SEEDS)
    assert found[0.0] <= len(SEEDS) / 3


def test_every_factor_is_positive_even_where_an_op_seems_to_save_time() -> None:
    rng = np.random.default_rng(1)
    device = additive(rng)
    helpful = KEYS[-1]
    session = Session(lambda ops: device(ops) - 0.9 * ops.get(helpful, 0), noise=0.0001)
    correction = fitted(measured_alone(rng), session.anchors(random_networks(rng, 60), rng))
    assert min(correction.factors.values(), default=correction.scale) > 0


def test_a_device_that_waits_for_launches_is_launch_bound() -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        anchors = Session(launch_bound).anchors(random_networks(rng, 20), rng)
        correction = fitted(measured_alone(rng), anchors)
        assert correction.additivity == "launch_bound"
        assert correction.naive.mape_percent > 10


def test_a_device_whose_ops_hinder_each_other_is_not_additive() -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        anchors = Session(interacting(rng)).anchors(random_networks(rng, 20), rng)
        correction = fitted(measured_alone(rng), anchors)
        assert correction.additivity == "not_additive"
        assert correction.held_out.mape_percent > 5


def test_a_noisy_device_is_not_blamed_for_its_ops() -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        anchors = Session(additive(rng, 0.0, 0.0), noise=0.15).anchors(random_networks(rng, 15), rng)
        correction = fitted(measured_alone(rng), anchors)
        assert correction.held_out.mape_percent > 5
        assert correction.additivity == "additive"


def test_networks_of_one_depth_are_never_launch_bound() -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        alike = [each for each in random_networks(rng, 400) if sum(each.values()) == 24][:20]
        assert len(alike) == 20
        correction = fitted(measured_alone(rng), Session(launch_bound).anchors(alike, rng))
        assert correction.additivity != "launch_bound"


def test_four_anchors_fit_nothing() -> None:
    entries_ms, anchors = additive_case(1, 5)
    assert fit_correction(entries_ms, anchors[:4]) is None
    assert fit_correction(entries_ms, anchors) is not None


def test_it_does_not_depend_on_the_order_of_anchors_or_entries() -> None:
    entries_ms, anchors = additive_case(5, 25)
    turned = dict(reversed(entries_ms.items()))
    other = [
        Anchor(each.key, dict(reversed(list(each.op_counts.items()))), each.latency_ms, each.earlier_ms)
        for each in reversed(anchors)
    ]
    assert fit_correction(turned, other) == fit_correction(entries_ms, anchors)


def test_numbers_have_six_digits_which_all_machines_agree_on() -> None:
    entries_ms, anchors = additive_case(6, 25)
    correction = fitted(entries_ms, anchors)
    nudged = [Anchor(each.key, each.op_counts, each.latency_ms * (1 + 1e-13), each.earlier_ms) for each in anchors]
    assert fit_correction(entries_ms, nudged) == correction
    numbers = [correction.scale, correction.held_out.mape_percent, *correction.factors.values()]
    assert all(float(f"{number:.6g}") == number for number in numbers)


def test_equal_anchors_are_fitted_without_an_intercept_and_have_no_rank() -> None:
    ops = {KEYS[0]: 2, KEYS[1]: 1}
    anchors = [Anchor(str(number), ops, 3.0) for number in range(6)]
    correction = fitted(dict.fromkeys(KEYS, 2.0), anchors)
    assert (correction.scale, correction.intercept_ms) == (0.5, 0.0)
    assert (correction.naive.kendall, correction.held_out.kendall) == (None, None)
    assert (correction.naive.mape_percent, correction.naive.rmse_ms) == (100.0, 3.0)
    assert correction.additivity == "additive"
