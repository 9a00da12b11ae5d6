import pytest

from latency_service.contract.errors import InvalidInput
from latency_service.contract.ops import Identity, Shape, Zero
from search_client.spaces.mbconv_stages import mbconv, takes
from search_client.spaces.space import Block
from tests.unit.search_client.small_space import small_space

SHAPE = Shape(8, 8, 4)


def test_a_network_leaves_out_the_blocks_for_which_zero_is_chosen() -> None:
    space = small_space()
    network = space.network((1, 6, 2))
    kept = (space.blocks[0].candidates[1], space.blocks[2].candidates[2])
    assert network.ops == (*space.stem, *kept, *space.head)


def test_the_ops_to_profile_are_distinct_and_hold_no_zero() -> None:
    space = small_space()
    ops = space.ops()
    assert len(ops) == len(set(ops)) == 1 + 6 + 6 + 1
    assert not any(isinstance(op, Zero) for op in ops)


def test_the_size_counts_every_architecture() -> None:
    assert small_space().size == 6 * 7 * 7


@pytest.mark.parametrize("choices", [(0, 0), (0, 0, 0, 0), (6, 0, 0), (0, -1, 0)])
def test_choices_that_the_space_does_not_have_are_refused(choices: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInput):
        small_space().network(choices)


def test_a_block_refuses_candidates_of_different_output() -> None:
    with pytest.raises(InvalidInput, match="agree"):
        Block((mbconv(SHAPE, 4, 3, 1, 3), mbconv(SHAPE, 8, 3, 1, 3)))


def test_a_block_refuses_a_single_or_a_repeated_candidate() -> None:
    identity = Identity(**takes(SHAPE))
    for candidates in [(identity,), (identity, identity)]:
        with pytest.raises(InvalidInput, match="at least two"):
            Block(candidates)
