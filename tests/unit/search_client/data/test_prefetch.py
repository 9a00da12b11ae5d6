import os
import signal
import traceback
from itertools import count, islice

import pytest
import torch

from latency_service.contract.errors import InvalidInput
from search_client.data.prefetch import in_order


def square(number: int) -> tuple[int, str, torch.Tensor]:
    return number, str(number), torch.full((2,), number) ** 2


def process_id(_number: int) -> int:
    return os.getpid()


def fails(number: int) -> int:
    raise InvalidInput(f"nothing at {number}")


@pytest.mark.parametrize("workers", [0, 2])
def test_results_come_in_order_from_wherever_one_starts_and_as_they_are(workers: int) -> None:
    found = list(islice(in_order(square, count(7), workers), 5))
    assert [(number, text, values.tolist()) for number, text, values in found] == [
        (number, str(number), [number**2] * 2) for number in range(7, 12)
    ]


def test_workers_are_processes_of_their_own() -> None:
    assert set(in_order(process_id, range(4), workers=0)) == {os.getpid()}
    others = set(in_order(process_id, range(4), workers=2))
    assert os.getpid() not in others
    assert len(others) == 2


@pytest.mark.parametrize("workers", [0, 1])
def test_what_goes_wrong_in_a_worker_goes_wrong_here(workers: int) -> None:
    with pytest.raises(InvalidInput, match="nothing at 0") as caught:
        next(in_order(fails, range(1), workers))
    traceback.clear_frames(caught.tb)  # they hold the workers, which take five seconds to end as cyclic garbage


def test_the_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    assert list(in_order(process_id, range(1), workers=1))
    assert torch.equal(torch.get_rng_state(), before)


def test_ctrl_c_leaves_workers_at_work_so_that_the_parent_can_end_its_step() -> None:
    stream = in_order(process_id, count(), workers=1)
    worker = next(stream)
    os.kill(worker, signal.SIGINT)
    assert [next(stream) for _ in range(5)] == [worker] * 5
