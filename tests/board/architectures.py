"""The architectures that are emulated: what Debian, pip and qemu call them, and what each has to offer."""

from dataclasses import dataclass

_PYTHON = ("python3.11-minimal", "libpython3.11-stdlib", "libstdc++6")
#: From the C library of Debian 12 down; pip matches these tags as they are written, not "that or older".
_GLIBC_MINORS = (36, 35, 34, 31, 28, 27, 26, 17)

_CORES = 2


@dataclass(frozen=True)
class Architecture:
    """One kind of board.

    Attributes:
        name: As `platform.machine()` has it there, and pip's platform tags.
        debian: As Debian has it.
        qemu: The user-mode emulator and the CPU that it plays.
        cpu_features: The `Features` line of its `/proc/cpuinfo`, by which engines choose their kernels.
        cpu_generation: The `CPU architecture` line.
        cpu_part: The `CPU part` line there, of ARM's own numbers.
        packages: What its userland needs of Debian.
        from_debian: Requirements of the agent that have no wheel, and are among `packages` under Debian's own name.
        tflite_package: Which of the two packages its tflite runtime is.
        runtimes: Those that work on it.
    """

    name: str
    debian: str
    qemu: tuple[str, ...]
    cpu_features: str
    cpu_generation: str
    cpu_part: str
    packages: tuple[str, ...]
    from_debian: frozenset[str]
    tflite_package: str
    runtimes: tuple[str, ...]

    @property
    def wheel_tags(self) -> tuple[str, ...]:
        """The platform tags of wheels that install on it, as pip names them."""
        return (*(f"manylinux_2_{minor}_{self.name}" for minor in _GLIBC_MINORS), f"manylinux2014_{self.name}")

    @property
    def cpuinfo(self) -> str:
        """A `/proc/cpuinfo` as such a board has it; engines that find none of these lines crash."""
        lines = {
            "Features": self.cpu_features,
            "CPU implementer": "0x41",
            "CPU architecture": self.cpu_generation,
            "CPU variant": "0x4",
            "CPU part": self.cpu_part,
            "CPU revision": "1",
        }
        core = "".join(f"{name}\t: {value}\n" for name, value in lines.items())
        return "".join(f"processor\t: {number}\n{core}\n" for number in range(_CORES))


AARCH64 = Architecture(
    name="aarch64",
    debian="arm64",
    qemu=("qemu-aarch64-static", "-cpu", "cortex-a76"),
    cpu_features="fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp",
    cpu_generation="8",
    cpu_part="0xd0b",  # Cortex-A76
    packages=_PYTHON,
    from_debian=frozenset(),
    tflite_package="ai-edge-litert",
    runtimes=("tflite", "onnxruntime"),
)

ARMV7 = Architecture(
    name="armv7l",
    debian="armhf",
    qemu=("qemu-arm-static", "-cpu", "cortex-a7"),
    cpu_features="half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae evtstrm",
    cpu_generation="7",
    cpu_part="0xc07",  # Cortex-A7
    packages=(*_PYTHON, "python3-numpy", "python3-psutil"),
    from_debian=frozenset({"numpy", "psutil"}),
    tflite_package="tflite-runtime",
    runtimes=("tflite",),
)

ARCHITECTURES = (AARCH64, ARMV7)
