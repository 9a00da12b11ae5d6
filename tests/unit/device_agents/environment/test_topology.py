from pathlib import Path

from device_agents.environment.topology import clusters, layout, numa_nodes, siblings
from tests.unit.device_agents.hosts import big_little_board, plant, raspberry_pi_4, virtual_machine, x86_server


def test_sockets_cores_and_threads_are_counted(tmp_path: Path) -> None:
    assert layout(plant(tmp_path / "server", x86_server.TREE)) == "1 socket, 2 cores, 4 threads"
    assert layout(plant(tmp_path / "vm", virtual_machine.TREE)) == "1 socket, 2 cores, 2 threads"
    assert layout(plant(tmp_path / "board", big_little_board.TREE)) is None


def test_two_sockets_are_two(tmp_path: Path) -> None:
    second = {f"sys/devices/system/cpu/cpu{core}/topology/physical_package_id": "1" for core in (1, 3)}
    files = plant(tmp_path, {**x86_server.TREE, **second})
    assert layout(files) == "2 sockets, 2 cores, 4 threads"


def test_unequal_cores_are_listed_by_cluster(tmp_path: Path) -> None:
    assert clusters(plant(tmp_path, big_little_board.TREE)) == (
        "0-3:kryo-4xx-silver@1785MHz/250 4-6:kryo-4xx-gold@2419MHz/870 7:kryo-4xx-gold@2841MHz/1024"
    )


def test_equal_cores_are_one_cluster(tmp_path: Path) -> None:
    assert clusters(plant(tmp_path, raspberry_pi_4.TREE)) == "0-3:cortex-a72@1800MHz"


def test_hardware_threads_of_one_core_are_told(tmp_path: Path) -> None:
    assert siblings(plant(tmp_path, x86_server.TREE), 2) == "0,2"


def test_nodes_of_memory_are_listed_in_order(tmp_path: Path) -> None:
    tree = {f"sys/devices/system/node/node{node}/cpulist": f"{node}" for node in range(11)}
    assert numa_nodes(plant(tmp_path, tree)) == " ".join(f"{node}:{node}" for node in range(11))
    assert numa_nodes(plant(tmp_path / "none", {})) is None
