import pytest

from search_client.retraining.schedule import warmed_up_cosine_lr


def test_the_rate_climbs_in_a_line_to_its_peak_and_comes_down_a_cosine() -> None:
    rates = [warmed_up_cosine_lr(0.4, step, total_steps=14, warmup_steps=4) for step in range(14)]
    assert rates[:5] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4])
    assert rates[9] == pytest.approx(0.2)
    assert 0 < rates[13] < 0.02
    assert rates[4:] == sorted(rates[4:], reverse=True)


def test_without_warm_up_it_starts_at_its_peak() -> None:
    assert warmed_up_cosine_lr(0.4, 0, total_steps=10, warmup_steps=0) == 0.4
