import dataclasses

import pytest

from device_agents.doctor.checks_cores import (
    check_interrupts,
    check_isolation,
    check_load,
    check_neighbours,
    check_pinning,
    check_quota,
    check_smt,
    check_supervisor,
)
from tests.unit.device_agents.doctor.conftest import StandOn
from tests.unit.device_agents.hosts import containers, raspberry_pi_4, virtual_machine


def process(pid: int, name: str, cores: str, memory: str = "VmSize:\t 100 kB\n") -> dict[str, str]:
    return {f"proc/{pid}/status": f"Name:\t{name}\nPid:\t{pid}\n{memory}Cpus_allowed_list:\t{cores}\n"}


def test_a_host_that_pins_is_good(stand_on: StandOn) -> None:
    assert check_pinning(stand_on()).severity == "good"


def test_a_host_that_cannot_or_may_not_pin_is_bad(stand_on: StandOn) -> None:
    assert check_pinning(stand_on(cores=())).severity == "bad"
    finding = check_pinning(dataclasses.replace(stand_on(), pinning_error="Operation not permitted"))
    assert (finding.severity, finding.seen) == ("bad", "Operation not permitted")


@pytest.mark.parametrize(
    ("cores", "allowed", "severity"),
    [((3,), 4, "good"), ((0,), 1, "warn"), ((0, 1, 2, 3), 4, "warn"), ((), 0, "unknown")],
)
def test_the_agent_needs_a_core_of_its_own(
    stand_on: StandOn, cores: tuple[int, ...], allowed: int, severity: str
) -> None:
    assert check_supervisor(stand_on(cores=cores, allowed=allowed)).severity == severity


def test_a_core_with_two_hardware_threads_is_found(stand_on: StandOn) -> None:
    finding = check_smt(stand_on())
    assert finding.severity == "warn"
    assert "cpu1/online" in finding.mend
    assert check_smt(stand_on(tree=raspberry_pi_4.TREE)).severity == "good"
    assert check_smt(stand_on(tree={}, cores=(9,))).severity == "unknown"


def test_a_core_that_the_scheduler_uses_is_found(stand_on: StandOn) -> None:
    assert check_isolation(stand_on()).severity == "good"
    assert "isolcpus=2" in check_isolation(stand_on(cores=(2,))).mend
    assert check_isolation(stand_on(cores=())).severity == "unknown"


def test_a_process_that_is_pinned_to_the_measuring_core_is_found(stand_on: StandOn) -> None:
    finding = check_neighbours(stand_on({**process(77, "miner", "3"), **process(78, "shell", "0-3")}))
    assert (finding.severity, finding.seen) == ("bad", "miner (77)")


def test_the_kernels_own_threads_are_no_neighbours(stand_on: StandOn) -> None:
    assert check_neighbours(stand_on(process(15, "ksoftirqd/3", "3", memory=""))).severity == "good"


def test_where_all_have_the_same_core_no_neighbour_stands_out(stand_on: StandOn) -> None:
    assert check_neighbours(stand_on(process(1, "init", "0"), cores=(0,), allowed=1)).severity == "unknown"


@pytest.mark.parametrize(("load", "severity"), [("0.20", "good"), ("1.50", "warn"), ("6.00", "bad")])
def test_other_work_is_found(stand_on: StandOn, load: str, severity: str) -> None:
    assert check_load(stand_on({"proc/loadavg": f"{load} 0.00 0.00 1/2 3"})).severity == severity


def test_interrupts_of_devices_on_the_measuring_core_are_found(stand_on: StandOn) -> None:
    assert check_interrupts(stand_on()).severity == "good"
    finding = check_interrupts(stand_on(cores=(1,)))
    assert finding.severity == "warn"
    assert "30 of devices a second on core 1, most by 25 nvme0q1" in finding.seen
    assert "echo 0,2-3 | sudo tee /proc/irq/25/smp_affinity_list" in finding.mend


def test_interrupts_that_are_not_shown_are_not_known(stand_on: StandOn) -> None:
    assert check_interrupts(stand_on(tree=virtual_machine.TREE, cores=(1,))).severity == "unknown"


@pytest.mark.parametrize(
    ("tree", "cores", "severity"),
    [
        ({}, (3,), "good"),
        (containers.V2, (3,), "bad"),
        (containers.V1, (3,), "bad"),
        (containers.NESTED_V2, (3,), "warn"),
        (containers.NESTED_V2, (2, 3), "bad"),
        ({**containers.V2, "sys/fs/cgroup/cpu.max": "200000 100000"}, (3,), "good"),
    ],
)
def test_a_container_that_may_use_less_than_measuring_takes_is_found(
    stand_on: StandOn, tree: dict[str, str], cores: tuple[int, ...], severity: str
) -> None:
    assert check_quota(stand_on(tree, cores=cores)).severity == severity


def test_a_host_without_any_files_is_judged_as_unknown(stand_on: StandOn) -> None:
    stand = stand_on(tree={})
    assert {check(stand).severity for check in (check_smt, check_load, check_interrupts)} == {"unknown"}
