import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from device_agents.host.files import HostFiles
from device_agents.host.memory import read_memory

MIB = 2**20


def host(tmp_path: Path, **files: str) -> HostFiles:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/agent\n")
    folder = tmp_path / "sys/fs/cgroup/agent"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"memory.{name}").write_text(text)
    return HostFiles(tmp_path)


def test_a_cgroups_limit_is_all_the_memory_there_is(tmp_path: Path) -> None:
    stat = f"anon {30 * MIB}\ninactive_file {20 * MIB}\n"
    memory = read_memory(host(tmp_path, max=str(100 * MIB), current=str(60 * MIB), stat=stat))
    assert memory.total_bytes == 100 * MIB
    assert memory.available_bytes == 60 * MIB
    assert memory.free_share == pytest.approx(0.6)


def test_without_a_limit_it_is_the_hosts(tmp_path: Path) -> None:
    assert read_memory(host(tmp_path, max="max", current="5")).total_bytes == psutil.virtual_memory().total


def test_the_child_offers_itself_when_memory_runs_out() -> None:
    score = "open('/proc/self/oom_score_adj').read()"
    code = f"from device_agents.host import memory; memory.die_before_others(); print({score})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1000"
