"""Hosts as their files show them, each a dictionary of path and text; `plant` writes one below a root."""

from collections.abc import Mapping
from pathlib import Path

from device_agents.host.files import HostFiles

Tree = Mapping[str, str]


def plant(root: Path, tree: Tree) -> HostFiles:
    """Write a host's files below a root, over those that are there, and return what reads them."""
    for path, text in tree.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return HostFiles(root)


def for_each_core(cores: range, files: Tree) -> dict[str, str]:
    """Return the same files, below each core's folder."""
    return {f"sys/devices/system/cpu/cpu{core}/{path}": text for core in cores for path, text in files.items()}


def cache(index: int, level: int, kind: str, size: str, shared: str) -> dict[str, str]:
    """Return the files of one of a core's caches."""
    texts = {"level": str(level), "type": kind, "size": size, "shared_cpu_list": shared}
    return {f"cache/index{index}/{name}": text for name, text in texts.items()}
