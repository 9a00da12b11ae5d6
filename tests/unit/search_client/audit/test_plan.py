import pytest

from latency_service.contract.errors import InvalidInput, MissingEntries
from latency_service.contract.network import workload_key
from search_client.audit.plan import DEFAULT_ANCHORS, Plan
from search_client.latency.table import LatencyTable
from search_client.spaces.anchors import choose_anchors
from tests.unit.search_client.audit.accounts import SETTINGS, plan_for
from tests.unit.search_client.audit.simulated_service import SimulatedService
from tests.unit.search_client.small_space import small_space, snapshot

SPACE = small_space()


def anchored(count: int, seed: int = 0) -> SimulatedService:
    service = SimulatedService(SPACE)
    anchors = choose_anchors(SPACE, count, seed)
    service.latencies = {workload_key(anchor): 1.0 for anchor in anchors}
    service.refit(anchors)
    return service


def test_a_table_that_has_anchors_keeps_them_and_none_is_held_out() -> None:
    plan = plan_for(anchored(17))
    assert plan.anchors == choose_anchors(SPACE, 17, 0)
    assert set(plan.anchors).isdisjoint(network.spec for network in plan.networks)
    assert plan.remarks == ()


def test_a_table_without_anchors_gets_some() -> None:
    assert plan_for(SimulatedService(SPACE)).anchors == choose_anchors(SPACE, DEFAULT_ANCHORS, 0)


def test_no_anchors_means_none_but_those_of_the_table_are_still_not_held_out() -> None:
    service = anchored(40)
    plan = plan_for(service, SETTINGS.model_copy(update={"anchors": 0}))
    assert plan.anchors == ()
    assert {workload_key(network.spec) for network in plan.networks}.isdisjoint(service.latencies)


def test_anchors_of_another_seed_are_asked_for() -> None:
    with pytest.raises(InvalidInput, match="--anchor-seed 0: give the seed"):
        plan_for(anchored(5, seed=3))
    assert plan_for(anchored(5, seed=3), SETTINGS.model_copy(update={"anchor_seed": 3})).anchors


def test_anchors_that_are_left_as_they_were_are_told_of() -> None:
    plan = plan_for(anchored(20), SETTINGS.model_copy(update={"anchors": 10}))
    assert len(plan.anchors) == 10
    assert plan.remarks[0].startswith("10 of the table's 20 anchors are not measured again")


def test_a_space_that_was_not_profiled_is_an_error() -> None:
    with pytest.raises(MissingEntries, match="search-client profile"):
        Plan.make(SETTINGS, SPACE, LatencyTable(snapshot()))
