"""Core designs: what the numbers in an ARM core's identification register stand for.

Source: util-linux, `sys-utils/lscpu-arm.c`; the kernel's `arch/arm64/include/asm/cputype.h`.
"""

_ARM = {
    0xC05: "cortex-a5",
    0xC07: "cortex-a7",
    0xC08: "cortex-a8",
    0xC09: "cortex-a9",
    0xC0E: "cortex-a17",
    0xC0F: "cortex-a15",
    0xD03: "cortex-a53",
    0xD04: "cortex-a35",
    0xD05: "cortex-a55",
    0xD07: "cortex-a57",
    0xD08: "cortex-a72",
    0xD09: "cortex-a73",
    0xD0A: "cortex-a75",
    0xD0B: "cortex-a76",
    0xD0C: "neoverse-n1",
    0xD0D: "cortex-a77",
    0xD40: "neoverse-v1",
    0xD41: "cortex-a78",
    0xD42: "cortex-a78ae",
    0xD44: "cortex-x1",
    0xD46: "cortex-a510",
    0xD47: "cortex-a710",
    0xD48: "cortex-x2",
    0xD49: "neoverse-n2",
    0xD4B: "cortex-a78c",
    0xD4C: "cortex-x1c",
    0xD4D: "cortex-a715",
    0xD4E: "cortex-x3",
    0xD4F: "neoverse-v2",
    0xD80: "cortex-a520",
    0xD81: "cortex-a720",
    0xD82: "cortex-x4",
    0xD84: "neoverse-v3",
    0xD85: "cortex-x925",
    0xD87: "cortex-a725",
    0xD8E: "neoverse-n3",
}
_QUALCOMM = {
    0x001: "oryon",
    0x800: "kryo-2xx-gold",
    0x801: "kryo-2xx-silver",
    0x802: "kryo-3xx-gold",
    0x803: "kryo-3xx-silver",
    0x804: "kryo-4xx-gold",
    0x805: "kryo-4xx-silver",
}
_APPLE = {0x022: "icestorm-m1", 0x023: "firestorm-m1", 0x032: "blizzard-m2", 0x033: "avalanche-m2"}
_DESIGNS = {0x41: _ARM, 0x51: _QUALCOMM, 0x61: _APPLE}


def core_design(implementer: str | None, part: str | None) -> str | None:
    """Return the name of a design, or its two numbers where it is none of the known; None where either is absent.

    Args:
        implementer: `CPU implementer` as /proc/cpuinfo writes it, hexadecimal: `0x41`.
        part: Its `CPU part`.
    """
    if implementer is None or part is None:
        return None
    return _DESIGNS.get(int(implementer, 16), {}).get(int(part, 16), f"{implementer}:{part}")
