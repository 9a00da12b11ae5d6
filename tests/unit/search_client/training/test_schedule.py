import pytest

from search_client.training.budget import Budget
from search_client.training.schedule import cosine_lr, supernet_lr
from tests.unit.search_client.training.small_run import small_config

BUDGET = Budget(warmup_steps=40, rest_steps=0, search_steps=60, fine_tune_steps=0)


def test_the_cosine_starts_at_its_peak_halves_midway_and_ends_near_zero() -> None:
    rates = [cosine_lr(0.1, step, 100) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[50] == pytest.approx(0.05)
    assert 0 < rates[-1] < 1e-4
    assert rates == sorted(rates, reverse=True)


def test_one_cosine_spans_warm_up_and_search() -> None:
    config = small_config(weight_lr=0.2)
    rates = [supernet_lr(config, BUDGET, step) for step in range(100)]
    assert rates == [cosine_lr(0.2, step, 100) for step in range(100)]
    assert supernet_lr(config, BUDGET, 150) == rates[-1]  # settling


def test_a_warm_up_with_a_rate_of_its_own_has_a_cosine_of_its_own() -> None:
    config = small_config(weight_lr=0.025, warmup_lr=0.05)
    rates = [supernet_lr(config, BUDGET, step) for step in (0, 20, 39, 40, 70, 99, 150)]
    assert rates[:2] == pytest.approx([0.05, 0.025])
    assert rates[2] < 1e-3
    assert rates[3:5] == pytest.approx([0.025, 0.0125])
    assert 0 < rates[5] < 1e-4
    assert rates[6] == rates[5]
