import pytest
import torch

from latency_service.contract.errors import InvalidInput
from search_client.data.order import BatchOrder


def indices(order: BatchOrder, *numbers: int) -> list[int]:
    return torch.cat([order.draw(number).indices for number in numbers]).tolist()


def test_an_epoch_shows_every_image_once() -> None:
    assert sorted(indices(BatchOrder(12, 4, seed=0), 0, 1, 2)) == list(range(12))


def test_the_next_epoch_has_another_order_and_other_seeds() -> None:
    first, second = (BatchOrder(50, 50, seed=0).draw(number) for number in (0, 1))
    assert first.indices.tolist() != second.indices.tolist()
    assert set(first.seeds.tolist()).isdisjoint(second.seeds.tolist())


def test_what_does_not_fill_a_batch_is_left_out_and_no_batch_spans_two_epochs() -> None:
    order = BatchOrder(10, 4, seed=0)
    for number in range(0, 12, 2):
        assert len(set(indices(order, number, number + 1))) == 8


def test_a_batch_is_a_function_of_seed_and_number_in_whatever_order_they_are_asked_for() -> None:
    there, back = BatchOrder(20, 4, seed=3), BatchOrder(20, 4, seed=3)
    forward = [indices(there, number) for number in range(12)]
    assert [indices(back, number) for number in reversed(range(12))] == forward[::-1]
    assert indices(BatchOrder(20, 4, seed=4), 0) != forward[0]


@pytest.mark.parametrize("world_size", [2, 4])
def test_the_ranks_share_every_batch_of_one_process_with_its_seeds(world_size: int) -> None:
    alone = BatchOrder(21, 8, seed=1)
    ranks = [BatchOrder(21, 8, seed=1, rank=rank, world_size=world_size) for rank in range(world_size)]
    for number in range(5):
        whole, parts = alone.draw(number), [order.draw(number) for order in ranks]
        for rank, part in enumerate(parts):
            assert torch.equal(part.indices, whole.indices[rank::world_size])
            assert torch.equal(part.seeds, whole.seeds[rank::world_size])


def test_an_images_seed_does_not_depend_on_the_batch_size() -> None:
    small, large = BatchOrder(24, 4, seed=1), BatchOrder(24, 24, seed=1)
    assert torch.equal(torch.cat([small.draw(number).seeds for number in range(6)]), large.draw(0).seeds)


@pytest.mark.parametrize("batch_size", [0, 4])
def test_a_batch_of_none_or_of_more_than_the_split_is_refused(batch_size: int) -> None:
    with pytest.raises(InvalidInput, match=f"batch size {batch_size} is none, or larger than the split's 3 images"):
        BatchOrder(3, batch_size, seed=0)


@pytest.mark.parametrize(("rank", "world_size"), [(0, 3), (2, 2), (-1, 2)])
def test_ranks_that_cannot_share_a_batch_evenly_are_refused(rank: int, world_size: int) -> None:
    with pytest.raises(InvalidInput, match="no even share of a batch of 8"):
        BatchOrder(100, 8, seed=0, rank=rank, world_size=world_size)
