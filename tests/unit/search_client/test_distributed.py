import json
import sys
from typing import Any

import pytest
import torch

from search_client.distributed import ALONE, joined_ranks
from tests.ranks import run_ranks
from tests.unit.search_client.rank_facts import global_batch, gradients_and_statistics, small_network


@pytest.fixture(scope="module")
def two_ranks() -> list[dict[str, Any]]:
    answers = run_ranks([sys.executable, "-m", "tests.unit.search_client.rank_facts"])
    assert [code for code, _, _ in answers] == [0, 0], answers
    return [json.loads(stdout) for _, stdout, _ in answers]


def test_without_a_launcher_a_process_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined_ranks() as ranks:
        assert ranks == ALONE
        assert ranks.is_first


def test_alone_nothing_is_exchanged() -> None:
    tensor = torch.ones(2)
    ALONE.average([tensor])
    assert ALONE.mean(tensor) is tensor
    assert (ALONE.any(True), ALONE.any(False)) == (True, False)
    assert ALONE.first_then_others(lambda: 1, lambda: 2) == 1


def test_two_halves_of_a_batch_give_the_gradients_and_statistics_of_the_whole(two_ranks: list[dict[str, Any]]) -> None:
    network = small_network()
    expected = gradients_and_statistics(network, global_batch())
    for of_rank in two_ranks:
        assert of_rank["gradients"] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_flag_of_one_rank_is_heard_by_all(two_ranks: list[dict[str, Any]]) -> None:
    assert [of_rank["any"] for of_rank in two_ranks] == [[True, False]] * 2


def test_an_overflow_on_one_rank_makes_all_skip_the_step(two_ranks: list[dict[str, Any]]) -> None:
    assert [of_rank["skipped"] for of_rank in two_ranks] == [[1, 1.0]] * 2


def test_the_others_follow_the_first_unless_it_failed(two_ranks: list[dict[str, Any]]) -> None:
    assert [of_rank["order"] for of_rank in two_ranks] == ["first", "other"]
    assert [of_rank["failure"] for of_rank in two_ranks] == ["invalid_input", "first_rank_failed"]
