from pathlib import Path

import pytest

from device_agents.environment.memory import huge_pages, memory_bytes, memory_facts, memory_field
from tests.unit.device_agents.hosts import plant, raspberry_pi_4


def test_memory_is_that_of_the_machine(tmp_path: Path) -> None:
    files = plant(tmp_path, raspberry_pi_4.TREE)
    assert memory_bytes(files) == 3_884_400 * 1024
    assert memory_field(files, "MemAvailable") == 3_300_000 * 1024
    assert memory_facts(files) == {"memory_gib": 4, "memory_huge_pages": None}


@pytest.mark.parametrize(("text", "when"), [("[always] madvise never", "always"), ("always madvise [never]", "never")])
def test_the_chosen_policy_of_huge_pages_stands_in_brackets(tmp_path: Path, text: str, when: str) -> None:
    assert huge_pages(plant(tmp_path, {"sys/kernel/mm/transparent_hugepage/enabled": text})) == when


def test_a_host_that_hides_its_memory_has_none(tmp_path: Path) -> None:
    assert memory_facts(plant(tmp_path, {})) == {"memory_gib": None, "memory_huge_pages": None}
