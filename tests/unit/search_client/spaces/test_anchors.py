from collections.abc import Sequence

import pytest

from latency_service.contract.network import NetworkSpec
from latency_service.contract.ops import OpSpec
from search_client.spaces.anchors import choose_anchors
from search_client.spaces.registry import SPACES, make_space
from search_client.spaces.space import Block, SearchSpace
from tests.unit.search_client.small_space import small_space


def ops_of(networks: Sequence[NetworkSpec]) -> set[OpSpec]:
    return {op for network in networks for op in network.ops}


@pytest.mark.parametrize("seed", range(5))
def test_all_ops_of_proxyless_imagenet_occur_in_as_few_networks_as_can_be(seed: int) -> None:
    """A block that cannot be dropped has six candidates, and each network has one of them."""
    space = make_space("proxyless-imagenet")
    assert ops_of(choose_anchors(space, 6, seed)) == set(space.ops())
    assert ops_of(choose_anchors(space, 5, seed)) < set(space.ops())


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("count", [7, 10])
def test_in_seven_networks_every_space_uses_every_candidate_of_every_block(name: str, count: int) -> None:
    space = make_space(name)
    anchors = choose_anchors(space, count, seed=3)
    assert ops_of(anchors) == set(space.ops())
    depths = [len(network.ops) for network in anchors]
    droppable = any(op.kind == "zero" for block in space.blocks for op in block.candidates)
    assert (len(set(depths)) > 1) == droppable


@pytest.mark.parametrize("name", SPACES)
def test_every_kind_of_op_occurs_in_the_first_network_that_can_have_it(name: str) -> None:
    space = make_space(name)
    (first,) = choose_anchors(space, 1, seed=0)
    assert {op.kind for op in first.ops} == {op.kind for op in space.ops()}


def test_the_first_networks_share_few_ops() -> None:
    """Two networks of 24 ops each have four in common anyway, stem and head; chance would have them share more."""
    space = make_space("proxyless-imagenet")
    assert all(len(ops_of(choose_anchors(space, 2, seed))) >= 38 for seed in range(10))


@pytest.mark.parametrize("name", SPACES)
def test_anchors_are_different_networks_of_the_space_and_as_many_as_asked_for(name: str) -> None:
    space = make_space(name)
    anchors = choose_anchors(space, 25, seed=1)
    assert len(set(anchors)) == len(anchors) == 25
    assert ops_of(anchors) <= set(space.ops())


def test_a_seed_stands_for_its_networks_and_more_of_them_begin_with_the_fewer() -> None:
    space = make_space("proxyless-cifar")
    anchors = choose_anchors(space, 20, seed=7)
    assert choose_anchors(space, 20, seed=7) == anchors
    assert choose_anchors(space, 10, seed=7) == anchors[:10]
    assert choose_anchors(space, 20, seed=8) != anchors


def test_none_are_chosen_where_none_are_asked_for() -> None:
    assert choose_anchors(small_space(), 0, seed=0) == ()


def test_a_space_of_few_networks_gives_all_that_it_has() -> None:
    """The second and third block are alike: dropping one or the other leaves the same network."""
    space = small_space()
    blocks = (space.blocks[0], *(Block(block.candidates[-2:]) for block in space.blocks[1:]))
    tiny = SearchSpace("tiny", {}, 8, 3, space.stem, blocks, space.head)
    assert tiny.size == 6 * 2 * 2
    assert [len(choose_anchors(tiny, 50, seed)) for seed in range(10)] == [6 * 3] * 10
