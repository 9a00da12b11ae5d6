import itertools
import json
import math
from typing import Any

import pytest
import torch

from latency_service.contract.errors import InvalidInput, UnknownName
from search_client.latency.losses.additive import AdditiveLoss
from search_client.latency.losses.constrained import ConstrainedLoss
from search_client.latency.losses.registry import make_loss


def gradient_of_latency(loss: ConstrainedLoss | AdditiveLoss, expected_ms: float) -> float:
    latency = torch.tensor(expected_ms, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(loss(torch.tensor(1.0, dtype=torch.float64), latency), latency)
    return float(gradient)


def test_the_additive_loss_is_cross_entropy_and_weighted_latency() -> None:
    ce, expected_ms = torch.tensor(2.0), torch.tensor(10.0)
    loss = AdditiveLoss(weight=0.1)
    assert float(loss(ce, expected_ms)) == pytest.approx(3.0)
    assert gradient_of_latency(loss, 10.0) == pytest.approx(0.1)
    assert loss.is_met(1e9)


def test_latency_is_pushed_down_above_the_target_and_up_below_it() -> None:
    loss = ConstrainedLoss(target=2.0)
    loss.observe(expected=9.0, derived=3.0)
    assert gradient_of_latency(loss, 9.0) > 0
    loss = ConstrainedLoss(target=2.0)
    loss.observe(expected=9.0, derived=1.0)
    assert gradient_of_latency(loss, 9.0) < 0


def test_the_multiplier_grows_while_the_violation_lasts_and_stays_bounded() -> None:
    loss = ConstrainedLoss(target=1.0, dual_step=0.5, damping=0.0, max_multiplier=2.0)
    weights = []
    for _ in range(6):
        loss.observe(expected=2.0, derived=2.0)
        weights.append(loss.weight)
    assert weights == [0.5, 1.0, 1.5, 2.0, 2.0, 2.0]
    for _ in range(100):
        loss.observe(expected=0.01, derived=0.01)
    assert loss.weight == -2.0


def test_the_loss_has_no_unit() -> None:
    in_ms, in_us = ConstrainedLoss(target=2.0), ConstrainedLoss(target=2000.0)
    in_ms.observe(expected=3.0, derived=2.5)
    in_us.observe(expected=3000.0, derived=2500.0)
    ce = torch.tensor(1.0)
    assert float(in_ms(ce, torch.tensor(3.0))) == pytest.approx(float(in_us(ce, torch.tensor(3000.0))))


def test_dual_ascent_brings_a_relaxed_choice_to_its_target() -> None:
    """Minimise (latency - 8)^2 under latency = 3, on a plant without leaps; the multiplier must come to 2 (8 - 3) 3."""
    loss = ConstrainedLoss(target=3.0, dual_step=0.5, damping=1.0, max_multiplier=100.0)
    latency = torch.tensor(8.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([latency], lr=0.05)
    for _ in range(1500):
        (latency.grad,) = torch.autograd.grad(loss((latency - 8) ** 2, latency), latency)
        optimizer.step()
        loss.observe(latency.item(), latency.item())
    assert latency.item() == pytest.approx(3.0, abs=1e-3)
    assert loss.multiplier == pytest.approx(30.0, abs=0.1)


def test_a_target_is_met_within_the_tolerance_on_both_sides() -> None:
    loss = ConstrainedLoss(target=10.0, tolerance=0.05)
    assert [loss.is_met(ms) for ms in (9.4, 9.6, 10.4, 10.6)] == [False, True, True, False]


def test_a_limit_is_kept_by_whatever_costs_less_and_never_pushes_up() -> None:
    loss = ConstrainedLoss(target=10.0, bound="at-most")
    assert [loss.is_met(ms) for ms in (0.1, 10.0, 10.19, 10.21)] == [True, True, True, False]
    for _ in range(50):
        loss.observe(expected=1.0, derived=1.0)
    assert loss.weight == 0.0
    loss.observe(expected=12.0, derived=12.0)
    assert loss.weight > 0


def test_only_a_target_that_is_to_be_met_asks_to_be_spent() -> None:
    assert ConstrainedLoss(target=1.0, tolerance=0.05).least_share == pytest.approx(0.95)
    assert ConstrainedLoss(target=1.0, tolerance=2.0).least_share == 0.0
    assert ConstrainedLoss(target=1.0, bound="at-most").least_share == 0.0
    assert AdditiveLoss(weight=1.0).least_share == 0.0


def test_the_tolerance_is_two_per_cent_where_nobody_says_another() -> None:
    assert [ConstrainedLoss(target=100.0).is_met(ms) for ms in (97.9, 98.1, 101.9, 102.1)] == [False, True, True, False]


def test_a_loss_goes_on_from_its_stored_state() -> None:
    loss = ConstrainedLoss(target=0.3)
    loss.observe(expected=1.0, derived=0.7)
    again = ConstrainedLoss(target=0.3)
    again.load_state_dict(json.loads(json.dumps(loss.state_dict())))
    assert (again.weight, again.multiplier) == (loss.weight, loss.multiplier)
    assert again.weight != ConstrainedLoss(target=0.3).weight


@pytest.mark.parametrize(
    "wrong", [{"target": 0.0}, {"target": 1.0, "damping": -1.0}, {"target": 1.0, "tolerance": 0.0}]
)
def test_parameters_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        ConstrainedLoss(**wrong)
    with pytest.raises(InvalidInput):
        AdditiveLoss(weight=-0.1)


def test_losses_are_made_by_name() -> None:
    assert isinstance(make_loss("constrained", target=1.0), ConstrainedLoss)
    assert isinstance(make_loss("additive", target=1.0, weight=0.1), AdditiveLoss)
    with pytest.raises(UnknownName, match="additive, constrained"):
        make_loss("magic", target=1.0)
    with pytest.raises(InvalidInput, match="it takes weight"):
        make_loss("additive", target=1.0, tolerance=0.1)


def value(name: str, target: float, expected: float, ce: float = 2.0, **params: float) -> float:
    loss = make_loss(name, target=target, **params)
    return float(loss(torch.tensor(ce, dtype=torch.float64), torch.tensor(expected, dtype=torch.float64)))


def test_the_relative_loss_is_the_released_add_linear() -> None:
    assert value("relative", target=80.0, expected=100.0) == pytest.approx(2.0 + 0.1 * (100 - 80) / 80)


def test_the_power_loss_weighs_twice_the_latency_as_its_exponent_says() -> None:
    assert value("power", target=5.0, expected=5.0) == pytest.approx(2.0)
    assert value("power", target=5.0, expected=10.0, exponent=0.07) == pytest.approx(2.0 * 2**0.07)


@pytest.mark.parametrize("expected_ms", [1.6, 20.0, 80.0, 300.0])
def test_the_log_ratio_loss_is_the_released_mul_log_at_its_reference(expected_ms: float) -> None:
    released = 0.2 * 2.0 * (math.log(expected_ms) / math.log(80.0)) ** 0.3
    assert value("log-ratio", target=80.0, expected=expected_ms) == pytest.approx(released)


def test_the_log_ratio_loss_falls_steadily_and_stays_positive_however_small_the_latency() -> None:
    values = [value("log-ratio", target=80.0, expected=80.0 * 2.0**-halvings) for halvings in range(40)]
    assert all(0 < smaller < larger for larger, smaller in itertools.pairwise(values))


def test_the_log_ratio_loss_has_no_kink_where_it_leaves_the_released_one() -> None:
    loss, knee = make_loss("log-ratio", target=80.0), 80.0**0.1
    slopes: list[torch.Tensor] = []
    for expected_ms in (knee * (1 - 1e-9), knee * (1 + 1e-9)):
        expected = torch.tensor(expected_ms, dtype=torch.float64, requires_grad=True)
        slopes += torch.autograd.grad(loss(torch.tensor(2.0, dtype=torch.float64), expected), expected)
    assert float(slopes[0]) == pytest.approx(float(slopes[1]), rel=1e-6)


@pytest.mark.parametrize("name", ["relative", "power", "log-ratio"])
def test_a_loss_without_a_unit_is_the_same_in_every_unit(name: str) -> None:
    assert value(name, target=0.3, expected=0.4) == pytest.approx(value(name, target=300.0, expected=400.0))


@pytest.mark.parametrize("name", ["additive", "relative", "power", "log-ratio", "constrained"])
def test_the_gradient_of_every_loss_agrees_with_finite_differences(name: str) -> None:
    loss = make_loss(name, target=3.0, **({"weight": 0.1} if name == "additive" else {}))
    loss.observe(expected=9.0, derived=4.0)
    ce, expected = (torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in (1.7, 5.0))
    assert torch.autograd.gradcheck(loss, (ce, expected))


@pytest.mark.parametrize("name", ["relative", "power", "log-ratio"])
def test_a_target_that_is_none_is_refused_by_every_loss(name: str) -> None:
    with pytest.raises(InvalidInput, match="target"):
        make_loss(name, target=0.0)
