from pathlib import Path

import numpy as np
import pytest

from device_agents.host.caches import DEFAULT_CACHE_BYTES, cache_flusher, largest_cache_bytes
from device_agents.host.files import HostFiles


def host_with_caches(tmp_path: Path, core: int, sizes: tuple[str, ...]) -> HostFiles:
    for index, size in enumerate(sizes):
        folder = tmp_path / f"sys/devices/system/cpu/cpu{core}/cache/index{index}"
        folder.mkdir(parents=True)
        (folder / "size").write_text(f"{size}\n")
    return HostFiles(tmp_path)


def test_the_largest_cache_of_the_core_is_found(tmp_path: Path) -> None:
    files = host_with_caches(tmp_path, 3, ("48K", "32K", "1024K", "16M"))
    assert largest_cache_bytes(files, 3) == 16 * 2**20
    assert largest_cache_bytes(files, 2) is None


@pytest.mark.parametrize(("sizes", "walked"), [(("64K",), 2 * 64 * 2**10), ((), 2 * DEFAULT_CACHE_BYTES)])
def test_twice_the_largest_cache_is_walked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: tuple[str, ...], walked: int
) -> None:
    sizes_walked: list[int] = []
    monkeypatch.setattr(np, "add", lambda data, one, out: sizes_walked.append(out.nbytes))
    cache_flusher(host_with_caches(tmp_path, 0, sizes), (0,))()
    assert sizes_walked == [walked]
