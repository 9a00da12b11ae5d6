import pytest

from latency_service.contract.errors import InvalidInput
from latency_service.contract.named_networks import named_network
from latency_service.contract.network import workload_key
from search_client.audit.networks import draw_held_out, published_beside
from search_client.latency.table import LatencyTable
from search_client.spaces.registry import make_space
from tests.unit.search_client.small_space import entry, small_space, snapshot, table_of

SPACE = small_space()


def test_a_seed_draws_the_same_different_networks() -> None:
    first, again, other = (draw_held_out(SPACE, 20, seed, ()) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert len({workload_key(each.spec) for each in first}) == 20
    assert {each.group for each in first} == {"held_out"}


def test_none_of_them_is_taken() -> None:
    taken = {workload_key(each.spec) for each in draw_held_out(SPACE, 20, 0, ())}
    assert taken.isdisjoint(workload_key(each.spec) for each in draw_held_out(SPACE, 20, 0, taken))


def test_a_space_that_has_not_so_many_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="fewer --networks"):
        draw_held_out(SPACE, SPACE.size + 1, 0, ())


def test_published_networks_stand_beside_their_spaces_where_the_table_has_their_ops() -> None:
    space = make_space("proxyless-imagenet", resolution=32)
    ops = (*space.ops(), *named_network("proxyless-gpu", 32).ops)
    kept, left_out = published_beside(space, LatencyTable(snapshot(*(entry(op, 1.0) for op in dict.fromkeys(ops)))))
    assert [(each.name, each.group) for each in kept] == [("proxyless-gpu", "published")]
    assert kept[0].spec == named_network("proxyless-gpu", 32)
    assert set(left_out) == {"proxyless-cpu", "proxyless-mobile", "proxyless-mobile-14"}
    assert "`search-client profile --network proxyless-cpu --resolution 32`" in left_out["proxyless-cpu"]


def test_other_spaces_have_no_published_networks() -> None:
    assert published_beside(SPACE, table_of(SPACE)) == ((), {})
