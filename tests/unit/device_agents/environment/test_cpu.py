import random
from pathlib import Path

import pytest

from device_agents.environment.cpu import cpu_facts, cpu_model, turbo
from tests.unit.device_agents.hosts import Tree, big_little_board, plant, raspberry_pi_4, virtual_machine, x86_server

CPU = "sys/devices/system/cpu"


def test_a_server_shows_all_of_its_cpu(tmp_path: Path) -> None:
    facts = cpu_facts(plant(tmp_path, x86_server.TREE), 3)
    assert facts == {
        "cpu_model": "Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz",
        "cpu_flags": "avx avx2 avx512_vnni avx512f f16c fma sse4_1 sse4_2 ssse3",
        "cpu_microcode": "0x5003604",
        "cpu_caches": "L1-Data:32K/1,3 L3-Unified:28160K/0-3",
        "cpu_layout": "1 socket, 2 cores, 4 threads",
        "cpu_clusters": "0-3@3900MHz",
        "cpu_max_khz": 3_900_000,
        "cpu_driver": "intel_pstate",
        "cpu_governor": "powersave",
        "cpu_turbo": True,
        "cpu_smt": True,
        "cpu_siblings": "1,3",
        "cpus_isolated": "3",
        "cpus_tickless": "3",
        "numa_nodes": "0:0-3",
        "logical_cores": 4,
    }


def test_a_virtual_machine_does_not_invent_what_it_does_not_show(tmp_path: Path) -> None:
    facts = cpu_facts(plant(tmp_path, virtual_machine.TREE), 1)
    hidden = ("cpu_max_khz", "cpu_driver", "cpu_governor", "cpu_turbo", "cpus_isolated", "cpus_tickless")
    assert {name: facts[name] for name in hidden} == dict.fromkeys(hidden)
    assert facts["cpu_clusters"] == "0-1"
    assert facts["cpu_smt"] is False


def test_a_cache_that_is_shared_says_with_which_cores(tmp_path: Path) -> None:
    facts = cpu_facts(plant(tmp_path, virtual_machine.TREE), 1)
    assert facts["cpu_caches"] == "L1-Data:48K L3-Unified:32768K/0-1"


def test_a_host_without_any_files_has_no_facts(tmp_path: Path) -> None:
    assert set(cpu_facts(plant(tmp_path, {}), 0).values()) == {None}


def test_an_arm_board_is_known_by_its_cores(tmp_path: Path) -> None:
    facts = cpu_facts(plant(tmp_path, raspberry_pi_4.TREE), 3)
    assert facts["cpu_model"] == "4x cortex-a72"
    assert facts["cpu_flags"] == "asimd"
    assert facts["cpu_clusters"] == "0-3:cortex-a72@1800MHz"
    assert facts["cpu_governor"] == "ondemand"


def test_a_chip_whose_cores_are_not_told_goes_by_its_own_name(tmp_path: Path) -> None:
    assert cpu_model(plant(tmp_path, {"proc/cpuinfo": "processor: 0\nHardware: BCM2835\n"})) == "BCM2835"


def test_flags_that_kernels_choose_by_are_found_on_a_phone(tmp_path: Path) -> None:
    facts = cpu_facts(plant(tmp_path, big_little_board.TREE), 7)
    assert facts["cpu_flags"] == "asimd asimddp asimdhp asimdrdm fphp"


@pytest.mark.parametrize("seed", range(5))
def test_the_order_in_which_cores_are_listed_does_not_matter(tmp_path: Path, seed: int) -> None:
    before = cpu_facts(plant(tmp_path / "a", big_little_board.TREE), 7)
    blocks = big_little_board.processors()
    random.Random(seed).shuffle(blocks)
    shuffled = {**big_little_board.TREE, "proc/cpuinfo": "\n".join([*blocks, big_little_board.HARDWARE])}
    assert cpu_facts(plant(tmp_path / "b", shuffled), 7) == before


@pytest.mark.parametrize(
    ("tree", "is_on"),
    [
        ({f"{CPU}/intel_pstate/no_turbo": "1"}, False),
        ({f"{CPU}/intel_pstate/no_turbo": "0"}, True),
        ({f"{CPU}/cpufreq/boost": "1"}, True),
        ({f"{CPU}/cpufreq/boost": "0"}, False),
        ({}, None),
    ],
)
def test_turbo_is_told_by_two_drivers(tmp_path: Path, tree: Tree, is_on: bool | None) -> None:
    assert turbo(plant(tmp_path, tree)) is is_on
