"""Quick plans: which ops a quick profile leaves to be predicted, and which tables of other devices it rests on."""

import pytest

from latency_service.contract.errors import DeviceNotFound, InvalidInput
from latency_service.contract.keys import format_key
from latency_service.contract.messages import Snapshot
from latency_service.contract.network import workload_key
from tests.contract.new_device import DEVICES, KEYS, NEW, NEWEST, OPS, by_source, conditions, finish, measure, quick
from tests.contract.service import Service
from tests.service_data import ZERO
from tests.simulated_ops import block


def test_what_too_few_others_hold_is_measured(service: Service, others: dict[int, Snapshot]) -> None:
    assert others
    unknown, known_to_one, free = block(10, 32, 3, 6), block(10, 32, 5, 6), ZERO
    measure(service, 1, [known_to_one])
    created = quick(service, workloads=[*OPS, unknown, known_to_one, free])
    assert set(created.queued) >= {str(format_key(unknown)), str(format_key(known_to_one))}
    assert (len(created.queued), len(created.predicted)) == (8, len(OPS) - 6)
    assert workload_key(free) in created.measured


@pytest.mark.usefixtures("others")
def test_as_many_as_there_are_is_a_plain_profile(service: Service) -> None:
    created = quick(service, count=len(OPS))
    assert (len(created.queued), created.predicted) == (len(OPS), ())
    assert finish(service, created, NEW).transfer is None


@pytest.mark.usefixtures("others")
def test_what_the_table_holds_is_neither_chosen_nor_predicted(service: Service) -> None:
    measure(service, NEW, OPS[:8])
    created = quick(service)
    assert created.measured == tuple(KEYS[:8])
    assert set(created.queued).isdisjoint(KEYS[:8])
    assert (len(created.queued), len(created.predicted)) == (6, len(OPS) - 14)
    snapshot = finish(service, created, NEW)
    assert set(by_source(snapshot, "predicted")) == set(created.predicted)
    assert service.status(created).predicted == len(created.predicted)


@pytest.mark.usefixtures("others")
def test_in_a_new_state_another_plan_counts_and_the_former_one_no_longer(service: Service) -> None:
    finish(service, quick(service, 6), NEW)
    service.register(governor="powersave")
    created = quick(service, 3)
    assert (len(created.queued), len(created.predicted)) == (3, len(OPS) - 3)
    assert set(by_source(finish(service, created, NEW), "predicted")) == set(created.predicted)


def test_of_a_device_one_state_counts_under_the_same_conditions(service: Service, others: dict[int, Snapshot]) -> None:
    service.register(governor="powersave")
    present = measure(service, 1)
    note = finish(service, quick(service), NEW).transfer
    assert note is not None
    assert set(note.tables) == {present.snapshot_id, *(others[device].snapshot_id for device in DEVICES if device != 1)}


def test_without_other_tables_it_is_refused_and_says_why(service: Service) -> None:
    with pytest.raises(InvalidInput, match="tables of other devices"):
        quick(service)
    measure(service, 1)
    with pytest.raises(InvalidInput, match=r"none stands in 2 of them \(1 table"):
        quick(service)
    with pytest.raises(DeviceNotFound):
        service.profile(OPS, conditions(NEW), device="nobody", quick=3)


@pytest.mark.usefixtures("others")
def test_neither_a_table_of_its_own_nor_predictions_count_as_others(service: Service) -> None:
    first = finish(service, quick(service), NEW)
    note = finish(service, quick(service, device=NEWEST), NEWEST).transfer
    assert note is not None
    assert first.transfer is not None
    # The first quick table counts, but with what it measured alone.
    assert set(note.tables) - set(first.transfer.tables) <= {first.snapshot_id}
