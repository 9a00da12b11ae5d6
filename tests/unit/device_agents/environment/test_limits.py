from pathlib import Path

import pytest

from device_agents.environment.limits import cpu_quota, cpuset, memory_limit_bytes
from tests.unit.device_agents.hosts import Tree, containers, plant


@pytest.mark.parametrize(
    ("tree", "quota", "memory_bytes", "cores"),
    [
        (containers.V2, 0.5, 2**29, "2-3"),
        (containers.V1, 0.5, 2**29, "2-3"),
        (containers.NESTED_V2, 1.5, 2**33, "0-3"),
        (containers.UNLIMITED_V1, None, None, None),
        ({}, None, None, None),
    ],
)
def test_the_tightest_limit_above_this_process_counts(
    tmp_path: Path, tree: Tree, quota: float | None, memory_bytes: int | None, cores: str | None
) -> None:
    files = plant(tmp_path, tree)
    assert cpu_quota(files) == quota
    assert memory_limit_bytes(files) == memory_bytes
    assert cpuset(files) == cores


def test_a_group_above_that_allows_less_than_the_innermost_one_counts(tmp_path: Path) -> None:
    tree = {
        "proc/self/cgroup": "4:cpu:/a/b",
        "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "25000",
        "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000",
        "sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us": "200000",
        "sys/fs/cgroup/cpu/a/b/cpu.cfs_period_us": "100000",
    }
    assert cpu_quota(plant(tmp_path, tree)) == 0.25
