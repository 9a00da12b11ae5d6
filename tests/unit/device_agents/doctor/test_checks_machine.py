import pytest

from device_agents.doctor.checks_machine import check_huge_pages, check_memory, check_steal, check_swap
from tests.unit.device_agents.doctor.conftest import StandOn
from tests.unit.device_agents.hosts import big_little_board, containers, virtual_machine


@pytest.mark.parametrize(("stolen", "severity"), [(100, "good"), (10_000, "warn"), (52_600, "bad")])
def test_a_hypervisor_that_keeps_time_is_found(stand_on: StandOn, stolen: int, severity: str) -> None:
    stat = {"proc/stat": f"cpu  1035569 191 59314 1484423 6836 0 1290 {stolen} 0 0\n"}
    finding = check_steal(stand_on(stat, tree=virtual_machine.TREE))
    assert finding.severity == severity
    assert "QEMU" in finding.seen


def test_bare_metal_has_no_hypervisor(stand_on: StandOn) -> None:
    assert check_steal(stand_on()).seen == "none"


def test_swap_counts_once_it_is_used(stand_on: StandOn) -> None:
    assert check_swap(stand_on()).severity == "good"
    finding = check_swap(stand_on(tree=virtual_machine.TREE))
    assert (finding.severity, finding.seen) == ("warn", "512 MiB are swapped out")


def test_little_free_memory_is_found(stand_on: StandOn) -> None:
    assert check_memory(stand_on()).severity == "good"
    assert check_memory(stand_on(tree=big_little_board.TREE)).severity == "bad"


def test_a_containers_memory_is_its_limit(stand_on: StandOn) -> None:
    finding = check_memory(stand_on(containers.V2))
    assert finding.seen == "0.5 of 0.5 GiB are free"


@pytest.mark.parametrize(("chosen", "severity"), [("[always] madvise", "warn"), ("always [madvise]", "good")])
def test_huge_pages_by_chance_are_found(stand_on: StandOn, chosen: str, severity: str) -> None:
    change = {"sys/kernel/mm/transparent_hugepage/enabled": chosen}
    assert check_huge_pages(stand_on(change)).severity == severity


def test_what_the_host_does_not_show_is_not_known(stand_on: StandOn) -> None:
    stand = stand_on(tree={})
    assert {check(stand).severity for check in (check_steal, check_swap, check_memory, check_huge_pages)} == {"unknown"}
