"""An `adb` and the phones behind it, as a test holds them.

A phone is a folder that stands for its `/`. Its command lines are run by this host's sh; the programs that Android has
and Linux has not lie in `programs/`. Its `benchmark_model` is what a test pushes, see `tests.fake_benchmark_model`.
"""

import shlex
import shutil
import sys
from pathlib import Path

_GETPROP = """[ro.board.platform]: [lahaina]
[ro.build.fingerprint]: [samsung/r0qxeea/r0q:13/TP1A.220624.014/S901BXXU4CWCG:user/release-keys]
[ro.build.version.release]: [13]
[ro.build.version.sdk]: [33]
[ro.product.cpu.abi]: [arm64-v8a]
[ro.product.manufacturer]: [samsung]
[ro.product.model]: [SM-S901B]
[ro.soc.manufacturer]: [QTI]
[ro.soc.model]: [SM8350]
"""
_CPUINFO = "".join(
    f"processor\t: {core}\nBogoMIPS\t: 38.40\nFeatures\t: fp asimd evtstrm aes atomics fphp asimdhp asimddp\n"
    f"CPU implementer\t: 0x41\nCPU part\t: {part}\n\n"
    for core, part in enumerate(["0xd05"] * 4 + ["0xd41"] * 3 + ["0xd44"])
)
_KHZ = [1804800] * 4 + [2419200] * 3 + [2841600]
_DUMPSYS = """#!/bin/sh
[ "$1" = thermalservice ] && cat <<'TEXT'
IsStatusOverride: false
Thermal Status: 0
Cached temperatures:
\tTemperature{mValue=84.2, mType=0, mName=CPU0, mStatus=0}
HAL Ready: true
Current temperatures from HAL:
\tTemperature{mValue=41.5, mType=0, mName=CPU0, mStatus=0}
\tTemperature{mValue=44.25, mType=0, mName=CPU7, mStatus=0}
\tTemperature{mValue=51.0, mType=1, mName=GPU0, mStatus=0}
\tTemperature{mValue=33.1, mType=3, mName=skin, mStatus=0}
TEXT
[ "$1" = battery ] && cat <<'TEXT'
Current Battery Service state:
  USB powered: true
  level: 87
  temperature: 287
  technology: Li-ion
TEXT
"""
_TASKSET = """#!/bin/sh
if [ $((0x$1 & 0xff)) -eq 0 ]; then echo "taskset: failed to set pid 4711's affinity: Invalid argument" >&2; exit 1; fi
echo "$1" >> ROOT/masks; shift; exec "$@"
"""
_PKILL = """#!/bin/sh
for file in ROOT/running/*; do
  [ -e "$file" ] && grep -qe "$3" "$file" && { kill -KILL "${file##*/}"; rm -f "$file"; }
done
exit 1
"""
_UNAME = '#!/bin/sh\n[ "$1" = -r ] && echo 5.4.210-qgki-25-abS901BXXU4CWCG || echo aarch64\n'


class FakeAdb:
    """What a test holds: the program, and what is plugged in."""

    def __init__(self, folder: Path) -> None:
        self.state = folder
        self.program = folder / "adb"
        _script(self.program, program_text("fake_adb_program", str(folder)))

    def plug_in(self, serial: str, connection: str = "device") -> "FakePhone":
        """Connect a phone, new or known; a connection other than `device` is a fault of that name."""
        phone = FakePhone(self.state / serial)
        phone.root.mkdir(exist_ok=True)
        if not (phone.root / "programs").exists():
            phone.install()
        phone.connection = connection
        return phone


class FakePhone:
    """A phone: its `/` is the folder `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def install(self) -> None:
        """Lay out what a fresh phone holds."""
        for folder in ("data/local/tmp", "faults", "proc", "programs", "running"):
            (self.root / folder).mkdir(parents=True)
        (self.root / "proc/cpuinfo").write_text(_CPUINFO)
        (self.root / "proc/meminfo").write_text("MemTotal:        7782400 kB\nMemFree:          512000 kB\n")
        cpus = self.root / "sys/devices/system/cpu"
        cpus.mkdir(parents=True)
        (cpus / "present").write_text("0-7\n")
        for core in range(8):
            cpufreq = cpus / f"cpu{core}/cpufreq"
            cpufreq.mkdir(parents=True)
            for name in ("cpuinfo_max_freq", "scaling_cur_freq"):
                (cpufreq / name).write_text(f"{_KHZ[core]}\n")
            (cpufreq / "scaling_governor").write_text("schedutil\n")
        programs = {"dumpsys": _DUMPSYS, "taskset": _TASKSET, "pkill": _PKILL, "uname": _UNAME}
        for name, text in {**programs, "getprop": f"#!/bin/sh\ncat <<'TEXT'\n{_GETPROP}TEXT\n"}.items():
            _script(self.root / "programs" / name, text.replace("ROOT", str(self.root)))

    @property
    def connection(self) -> str:
        """How it is connected; `none`: unplugged."""
        file = self.root / "connection"
        return file.read_text() if file.exists() else "none"

    @connection.setter
    def connection(self, connection: str) -> None:
        (self.root / "connection").write_text(connection)

    def break_down(self, **faults: str | int) -> None:
        """From now on let `push` or `benchmark` go wrong, the latter `after` so many good invocations; or nothing."""
        folder = self.root / "faults"
        shutil.rmtree(folder)
        folder.mkdir()
        for name, fault in faults.items():
            (folder / name).write_text(str(fault))

    @property
    def commands(self) -> list[str]:
        """All the command lines and pushes that reached it."""
        file = self.root / "commands"
        return file.read_text().splitlines() if file.exists() else []

    def pushed(self) -> list[str]:
        """Return the names of the files in the agent's folder."""
        return sorted(path.name for path in (self.root / "data/local/tmp/device-agent").iterdir())


def program_text(module: str, *arguments: str) -> str:
    """Return a shell script that is `main` of a module beside this one; compiled once, and quick to start."""
    find = f"import sys; sys.path[:0] = [{str(Path(__file__).parents[1])!r}]"
    code = f"{find}; from tests.{module} import main; sys.exit(main(*sys.argv[1:]))"
    return f'#!/bin/sh\nexec {shlex.join([sys.executable, "-I", "-S", "-c", code, *arguments])} "$@"\n'


def _script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
