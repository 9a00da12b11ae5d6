from pathlib import Path

import pytest

from device_agents.environment.system import board, container, kernel_options, system_facts, virtualization
from tests.unit.device_agents.hosts import Tree, containers, plant, raspberry_pi_4, virtual_machine, x86_server


def test_a_machine_goes_by_its_firmware_and_a_board_by_its_device_tree(tmp_path: Path) -> None:
    assert board(plant(tmp_path / "server", x86_server.TREE)) == "Dell Inc. PowerEdge R640"
    assert board(plant(tmp_path / "board", raspberry_pi_4.TREE)) == "Raspberry Pi 4 Model B Rev 1.4"


def test_bare_metal_and_virtual_machines_are_told_apart_where_the_cpu_shows_it(tmp_path: Path) -> None:
    assert virtualization(plant(tmp_path / "server", x86_server.TREE)) == "none"
    assert virtualization(plant(tmp_path / "vm", virtual_machine.TREE)) == "QEMU Standard PC (Q35 + ICH9, 2009)"
    assert virtualization(plant(tmp_path / "board", raspberry_pi_4.TREE)) is None
    assert virtualization(plant(tmp_path / "xen", {"sys/hypervisor/type": "xen"})) == "xen"


@pytest.mark.parametrize(
    ("tree", "kind"),
    [
        (containers.V2, "docker"),
        (containers.V1, "docker"),
        (containers.NESTED_V2, "kubepods"),
        ({"run/.containerenv": ""}, "podman"),
        (containers.UNLIMITED_V1, None),
        ({"proc/self/cgroup": "0::/user.slice/agent-dockerfile.service"}, None),
    ],
)
def test_a_container_shows_by_its_marks(tmp_path: Path, tree: Tree, kind: str | None) -> None:
    assert container(plant(tmp_path, tree)) == kind


def test_only_the_options_of_the_kernel_that_change_timings_are_facts(tmp_path: Path) -> None:
    assert kernel_options(plant(tmp_path / "server", x86_server.TREE)) == "isolcpus=3 mitigations=off nohz_full=3"
    assert kernel_options(plant(tmp_path / "vm", virtual_machine.TREE)) is None


def test_a_host_without_any_files_has_no_facts(tmp_path: Path) -> None:
    assert set(system_facts(plant(tmp_path, {})).values()) == {None}
