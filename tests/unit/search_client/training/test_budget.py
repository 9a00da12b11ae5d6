import pytest

from search_client.training.budget import Budget

BUDGET = Budget(warmup_steps=40, rest_steps=5, search_steps=60, fine_tune_steps=10)


@pytest.mark.parametrize(
    ("step", "progress"), [(0, None), (39, None), (40, 0.0), (70, 0.5), (99, 59 / 60), (100, 1.0), (130, 1.0)]
)
def test_progress_counts_the_searchs_own_steps_and_settling_is_its_end(step: int, progress: float | None) -> None:
    assert BUDGET.progress(step) == progress


def test_the_supernet_trains_in_warm_up_and_search() -> None:
    assert BUDGET.supernet_steps == 100
    assert BUDGET.total_steps == 110
