"""Anchors of profiles: when they are measured, and where among the ops."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from latency_service.contract.conditions import Conditions
from latency_service.contract.messages import RefreshPolicy
from latency_service.contract.network import NetworkSpec, workload_key
from tests.contract.chains import ANCHORS, chain, work
from tests.contract.service import Service
from tests.service_data import failure, keys, op, ops, success

DAY_S = 86_400
ANCHOR_KEYS = [str(workload_key(anchor)) for anchor in ANCHORS]


def networks(batch: Sequence[object]) -> list[NetworkSpec]:
    return [each for each in batch if isinstance(each, NetworkSpec)]


def test_they_are_measured_with_the_ops_and_spread_over_the_queue(service: Service) -> None:
    created = service.profile(ops(12), anchors=ANCHORS)
    assert list(created.queued) == [*keys(12), *ANCHOR_KEYS]
    batches = work(service, max_jobs=6)
    assert [len(networks(batch)) for batch in batches] == [2, 2, 2]
    assert [each for batch in batches for each in batch if not isinstance(each, NetworkSpec)] == ops(12)
    assert service.status(created).counts["succeeded"] == 18


def test_where_one_op_is_lacking_all_of_them_are_measured_again(service: Service) -> None:
    service.profile(ops(3), anchors=ANCHORS)
    work(service)
    created = service.profile(ops(4), anchors=ANCHORS)
    assert list(created.measured) == keys(3)
    assert list(created.queued) == [*keys(4)[3:], *ANCHOR_KEYS]
    status = service.status(created)
    assert (status.already_measured, status.counts["queued"]) == (3, 7)
    work(service)
    assert service.status(created).state == "done"


def test_so_they_are_where_one_anchor_is_lacking(service: Service) -> None:
    service.profile(ops(3), anchors=ANCHORS[:5])
    work(service)
    created = service.profile(ops(3), anchors=ANCHORS)
    assert (list(created.measured), list(created.queued)) == (keys(3), ANCHOR_KEYS)


def test_where_nothing_is_lacking_nothing_is_measured(service: Service) -> None:
    service.profile(ops(3), anchors=ANCHORS)
    work(service)
    created = service.profile(ops(3), anchors=ANCHORS)
    assert (list(created.measured), created.queued) == ([*keys(3), *ANCHOR_KEYS], ())
    status = service.status(created)
    assert (status.state, status.already_measured) == ("done", 9)


def test_a_network_that_is_asked_for_twice_or_as_an_anchor_too_is_one_workload(service: Service) -> None:
    created = service.profile([op(1), ANCHORS[0]], anchors=[ANCHORS[0], ANCHORS[0]])
    assert list(created.queued) == [*keys(1), ANCHOR_KEYS[0]]


def test_two_profiles_share_them_while_they_wait(service: Service) -> None:
    service.profile(ops(3), anchors=ANCHORS)
    service.profile(ops(4), anchors=ANCHORS)
    (batch,) = work(service)
    assert len(batch) == 4 + len(ANCHORS)


def test_other_conditions_have_anchors_of_their_own(service: Service) -> None:
    service.profile(ops(3), anchors=ANCHORS)
    work(service)
    created = service.profile(ops(3), conditions=Conditions(runtime="onnxruntime", precision="int8"), anchors=ANCHORS)
    assert len(created.queued) == 9


def test_a_refresh_measures_them_again_with_whatever_is_stale(service: Service) -> None:
    service.profile([op(1)])
    service.work(verdict="noisy")
    profile = service.profile(ops(3), anchors=ANCHORS, refresh=RefreshPolicy(every_s=DAY_S))
    work(service)
    service.clock.advance(DAY_S)
    (batch,) = work(service)
    assert set(batch) == {op(1), *ANCHORS}
    assert service.status(profile).state == "done"


def test_a_refresh_that_finds_nothing_stale_leaves_them(service: Service) -> None:
    profile = service.profile(ops(3), anchors=ANCHORS, refresh=RefreshPolicy(every_s=DAY_S))
    work(service)
    service.clock.advance(DAY_S)
    assert work(service) == []
    assert service.status(profile).refresh_at == service.clock() + timedelta(seconds=DAY_S)


def test_one_that_failed_is_told_and_does_not_hold_the_profile_up(service: Service) -> None:
    profile = service.profile(ops(3), anchors=ANCHORS)
    lease = service.must_lend()
    for job in lease.jobs:
        service.put(lease, failure(job.job_id, "unsupported") if job.workload == ANCHORS[0] else success(job.job_id))
    status = service.status(profile)
    assert status.state == "done"
    assert [str(each.workload) for each in status.failures] == ANCHOR_KEYS[:1]


def test_what_the_device_has_left_behind_in_another_state_is_measured_again_with_all_anchors(service: Service) -> None:
    """Two ops and an anchor belong to the former state; the other anchors are there, but of another session."""
    profile = service.profile(ops(6), anchors=ANCHORS[:3])
    lease = service.must_lend(max_jobs=3)
    for job in lease.jobs:
        service.put(lease, success(job.job_id))
    former = {job.workload for job in lease.jobs}
    assert len(networks(list(former))) == 1
    service.register(governor="powersave")
    rest, again = work(service)
    assert len(rest) == 6
    assert set(again) == former | set(ANCHORS[:3])
    status = service.status(profile)
    assert (status.state, status.counts["succeeded"]) == ("done", 9)


def test_a_profile_that_is_cancelled_takes_its_anchors_out_of_the_queue(service: Service) -> None:
    service.cancel(service.profile(ops(3), anchors=ANCHORS))
    assert service.lend() is None


@pytest.mark.parametrize("count", [1, 40])
def test_any_number_of_them_will_do(service: Service, count: int) -> None:
    many = [chain(1, length) for length in range(2, 2 + count)]
    created = service.profile(ops(2), anchors=many)
    assert len(created.queued) == 2 + count
    assert sum(map(len, work(service))) == 2 + count
