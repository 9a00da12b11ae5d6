import json

import pytest
import torch

from latency_service.contract.errors import InvalidInput, UnknownName
from search_client.latency.losses import AdditiveLoss, ConstrainedLoss, make_loss


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
    loss = ConstrainedLoss(target_ms=2.0)
    loss.observe(expected_ms=9.0, derived_ms=3.0)
    assert gradient_of_latency(loss, 9.0) > 0
    loss = ConstrainedLoss(target_ms=2.0)
    loss.observe(expected_ms=9.0, derived_ms=1.0)
    assert gradient_of_latency(loss, 9.0) < 0


def test_the_multiplier_grows_while_the_violation_lasts_and_stays_bounded() -> None:
    loss = ConstrainedLoss(target_ms=1.0, dual_step=0.5, damping=0.0, max_multiplier=2.0)
    weights = []
    for _ in range(6):
        loss.observe(expected_ms=2.0, derived_ms=2.0)
        weights.append(loss.weight)
    assert weights == [0.5, 1.0, 1.5, 2.0, 2.0, 2.0]
    for _ in range(100):
        loss.observe(expected_ms=0.01, derived_ms=0.01)
    assert loss.weight == -2.0


def test_the_loss_has_no_unit() -> None:
    in_ms, in_us = ConstrainedLoss(target_ms=2.0), ConstrainedLoss(target_ms=2000.0)
    in_ms.observe(expected_ms=3.0, derived_ms=2.5)
    in_us.observe(expected_ms=3000.0, derived_ms=2500.0)
    ce = torch.tensor(1.0)
    assert float(in_ms(ce, torch.tensor(3.0))) == pytest.approx(float(in_us(ce, torch.tensor(3000.0))))


def test_dual_ascent_brings_a_relaxed_choice_to_its_target() -> None:
    """Minimise (latency - 8)^2 under latency = 3, on a plant without leaps; the multiplier must come to 2 (8 - 3) 3."""
    loss = ConstrainedLoss(target_ms=3.0, dual_step=0.5, damping=1.0, max_multiplier=100.0)
    latency = torch.tensor(8.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([latency], lr=0.05)
    for _ in range(1500):
        (latency.grad,) = torch.autograd.grad(loss((latency - 8) ** 2, latency), latency)
        optimizer.step()
        loss.observe(latency.item(), latency.item())
    assert latency.item() == pytest.approx(3.0, abs=1e-3)
    assert loss.multiplier == pytest.approx(30.0, abs=0.1)


def test_a_target_is_met_within_the_tolerance_on_both_sides() -> None:
    loss = ConstrainedLoss(target_ms=10.0, tolerance=0.05)
    assert [loss.is_met(ms) for ms in (9.4, 9.6, 10.4, 10.6)] == [False, True, True, False]


def test_a_loss_goes_on_from_its_stored_state() -> None:
    loss = ConstrainedLoss(target_ms=0.3)
    loss.observe(expected_ms=1.0, derived_ms=0.7)
    again = ConstrainedLoss(target_ms=0.3)
    again.load_state_dict(json.loads(json.dumps(loss.state_dict())))
    assert (again.weight, again.multiplier) == (loss.weight, loss.multiplier)
    assert again.weight != ConstrainedLoss(target_ms=0.3).weight


@pytest.mark.parametrize(
    "wrong", [{"target_ms": 0.0}, {"target_ms": 1.0, "damping": -1.0}, {"target_ms": 1.0, "tolerance": 0.0}]
)
def test_parameters_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidInput):
        ConstrainedLoss(**wrong)
    with pytest.raises(InvalidInput):
        AdditiveLoss(weight=-0.1)


def test_losses_are_made_by_name() -> None:
    assert isinstance(make_loss("constrained", target_ms=1.0), ConstrainedLoss)
    assert isinstance(make_loss("additive", weight=0.1), AdditiveLoss)
    with pytest.raises(UnknownName, match="additive, constrained"):
        make_loss("magic")
    with pytest.raises(InvalidInput, match="target_ms"):
        make_loss("constrained")
