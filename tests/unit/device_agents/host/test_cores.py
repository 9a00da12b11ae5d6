import pytest

from device_agents.host.cores import choose_cores
from latency_service.contract.errors import InvalidInput


@pytest.mark.parametrize(
    ("allowed", "wanted", "threads", "chosen"),
    [
        ((0, 1, 2, 3), (), 1, (3,)),
        ((0, 1, 2, 3), (), 2, (2, 3)),
        ((0, 1, 2, 3), (1, 0), 1, (1,)),
        ((4, 7), (), 2, (4, 7)),
        ((), (), 4, ()),
    ],
)
def test_as_many_cores_as_threads_are_chosen_from_the_end(
    allowed: tuple[int, ...], wanted: tuple[int, ...], threads: int, chosen: tuple[int, ...]
) -> None:
    assert choose_cores(allowed, wanted, threads) == chosen


def test_a_core_that_is_not_allowed_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"cores 5 were asked for.*0,1 only"):
        choose_cores((0, 1), (5,), 1)


def test_more_threads_than_cores_are_refused() -> None:
    with pytest.raises(InvalidInput, match="3 threads need as many cores, and there are 2"):
        choose_cores((0, 1), (), 3)


def test_a_core_that_is_named_twice_is_one_core() -> None:
    with pytest.raises(InvalidInput, match="2 threads need as many cores, and there are 1"):
        choose_cores((0, 1), (1, 1), 2)
