"""PhoneFiles: a phone's own account of itself, read with one command."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from device_agents.host.files import HostFiles
from device_agents.runtimes.adb.client import Adb
from device_agents.runtimes.base import DeviceAway

_CPU = "sys/devices/system/cpu"
#: All that `device_agents.environment` reads of a CPU and its memory.
_PATHS = (
    "proc/cpuinfo",
    "proc/meminfo",
    "sys/kernel/mm/transparent_hugepage/enabled",
    *(f"{_CPU}/{name}" for name in ("present", "isolated", "nohz_full", "smt/active", "cpufreq/boost")),
    *(f"{_CPU}/cpu[0-9]*/cpufreq/{name}" for name in ("cpuinfo_max_freq", "scaling_driver", "scaling_governor")),
    *(f"{_CPU}/cpu[0-9]*/topology/{name}" for name in ("thread_siblings_list", "physical_package_id")),
    *(f"{_CPU}/cpu[0-9]*/cache/index*/{name}" for name in ("level", "type", "size", "shared_cpu_list")),
    f"{_CPU}/cpu[0-9]*/cpu_capacity",
)
_COMMANDS = ("getprop", "uname -r", "uname -m")
#: Half an answer would pass for another state of the device.
_ALWAYS_SHOWN = ("proc/cpuinfo", "proc/meminfo", *_COMMANDS)
_HEADING = "=== "


@dataclass(frozen=True)
class PhoneFiles(HostFiles):
    """Looks like a host's files; what the phone does not show is absent.

    Attributes:
        texts: What was read, by path below `/`, and what was printed, by command.
    """

    texts: Mapping[str, str] = field(default_factory=dict)

    def text(self, path: str) -> str | None:
        """Return a file's text, or what a command printed."""
        return self.texts.get(path)

    def listing(self, pattern: str) -> list[str]:
        """Return the files and folders that match a glob pattern, sorted."""
        depth = pattern.count("/") + 1
        paths = {"/".join(path.split("/")[:depth]) for path in self.texts if path.count("/") >= depth - 1}
        return sorted(path for path in paths if fnmatchcase(path, pattern))

    def property(self, name: str) -> str | None:
        """Return one of Android's system properties."""
        return self.fields("getprop", ": ").get(f"[{name}]", "").strip("[]") or None


def read_phone_files(adb: Adb) -> PhoneFiles:
    """Ask a phone for all that tells what it is.

    Raises:
        DeviceAway: The phone cannot be reached, or does not answer as one.
    """
    files = " ".join(str(PurePosixPath("/", path)) for path in _PATHS)
    commands = "; ".join(f'echo "{_HEADING}{command}"; {command}' for command in _COMMANDS)
    answer = adb.require(f"grep -sH '' {files}; {commands}")
    found, *printed = f"\n{answer}".split(f"\n{_HEADING}")
    texts = _by_path(found) | {name: text.strip() for name, _, text in (part.partition("\n") for part in printed)}
    if missing := [name for name in _ALWAYS_SHOWN if not texts.get(name)]:
        raise DeviceAway(f"the phone told nothing of itself (no {', '.join(missing)}): is it still starting?")
    return PhoneFiles(texts=texts)


def _by_path(found: str) -> dict[str, str]:
    """Put the lines that `grep -H` printed together again."""
    lines = defaultdict(list)
    for line in found.splitlines():
        path, _, text = line.partition(":")
        lines[path.strip("/")].append(text)
    return {path: "\n".join(texts).strip() for path, texts in lines.items()}
