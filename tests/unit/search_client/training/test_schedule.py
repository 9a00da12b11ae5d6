import pytest

from search_client.training.schedule import cosine_lr


def test_the_cosine_starts_at_its_peak_halves_midway_and_ends_near_zero() -> None:
    rates = [cosine_lr(0.1, step, 100) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[50] == pytest.approx(0.05)
    assert 0 < rates[-1] < 1e-4
    assert rates == sorted(rates, reverse=True)
