"""Two snapshots side by side, as the database holds them."""

import pytest

from latency_service.contract.errors import SnapshotNotFound
from latency_service.contract.messages import SnapshotDiff
from latency_service.services import comparing
from tests.contract.service import Service
from tests.service_data import keys, ops


def compare(service: Service, before: str | None, after: str | None) -> SnapshotDiff:
    assert before is not None
    assert after is not None
    return service.database.read(lambda session: comparing.compare(session, before, after))


def test_an_update_that_made_everything_slower_is_told_with_the_facts_that_changed(service: Service) -> None:
    before = service.measure(ops(3), 1.0).snapshot_id
    service.register(governor="powersave")
    after = service.measure(ops(2), 1.5).snapshot_id
    found = compare(service, before, after)
    assert [(fact.fact, fact.before, fact.after) for fact in found.facts] == [("governor", "performance", "powersave")]
    assert found.like_for_like
    assert {moved.workload for moved in found.moved} == set(keys(2))
    assert [moved.change for moved in found.moved] == [pytest.approx(0.5)] * 2
    assert found.gone == (keys(3)[2],)
    assert (found.before.snapshot_id, found.after.snapshot_id) == (before, after)


def test_a_snapshot_does_not_differ_from_itself(service: Service) -> None:
    snapshot_id = service.measure(ops(2)).snapshot_id
    found = compare(service, snapshot_id, snapshot_id)
    assert (found.moved, found.added, found.gone, found.facts, found.unmoved) == ((), (), (), (), 2)


def test_a_snapshot_that_is_not_there_is_not_found(service: Service) -> None:
    snapshot_id = service.measure(ops(1)).snapshot_id
    for before, after in (("nothing", snapshot_id), (snapshot_id, "nothing")):
        with pytest.raises(SnapshotNotFound):
            compare(service, before, after)
