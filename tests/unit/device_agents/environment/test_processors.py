from pathlib import Path

from device_agents.environment.core_designs import core_design
from device_agents.environment.processors import count_designs, instruction_sets, read_processors
from tests.unit.device_agents.hosts import big_little_board, plant, raspberry_pi_4, x86_server

RISCV = "processor\t: 0\nhart\t\t: 1\nisa\t\t: rv64imafdcv_zicsr_zvfh\nuarch\t\t: sifive,x280\n"


def test_each_core_has_its_own_fields(tmp_path: Path) -> None:
    processors = read_processors(plant(tmp_path, x86_server.TREE))
    assert list(processors) == [0, 1, 2, 3]
    assert [fields["core id"] for fields in processors.values()] == ["0", "1", "0", "1"]


def test_lines_behind_the_last_core_belong_to_none_of_the_cores_before_it(tmp_path: Path) -> None:
    processors = read_processors(plant(tmp_path, raspberry_pi_4.TREE))
    assert all("Model" not in processors[core] for core in range(3))
    assert len(processors) == 4


def test_instruction_sets_come_in_the_words_of_each_architecture(tmp_path: Path) -> None:
    assert {"avx2", "hypervisor"} & instruction_sets({"flags": "avx2 fma"}) == {"avx2"}
    assert instruction_sets({"Features": "fp asimd"}) == {"fp", "asimd"}
    processor = read_processors(plant(tmp_path, {"proc/cpuinfo": RISCV}))[0]
    assert {"riscv_v", "riscv_zvfh"} <= instruction_sets(processor)


def test_cores_are_counted_by_design(tmp_path: Path) -> None:
    assert count_designs(read_processors(plant(tmp_path, raspberry_pi_4.TREE))) == "4x cortex-a72"
    processors = read_processors(plant(tmp_path, big_little_board.TREE))
    assert count_designs(processors) == "4x kryo-4xx-silver, 4x kryo-4xx-gold"


def test_an_unknown_design_goes_by_its_numbers() -> None:
    assert core_design("0x41", "0xfff") == "0x41:0xfff"
    assert core_design("0x99", "0xd08") == "0x99:0xd08"
    assert core_design(None, "0xd08") is None
