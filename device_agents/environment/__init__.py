"""The environment: what a device is, and the facts a change of which makes old timings incomparable.

Every fact is stable between two looks at the same device: no load, free memory, present clock or boot time. A fact
that the device does not show is None, never invented.

host.py      this host: `describe_device`, `read_state`
cpu.py       model, instruction sets, caches, governor; processors.py  /proc/cpuinfo; topology.py  sockets, clusters
memory.py    how much, and how it is paged; system.py  operating system, board, virtualisation, options of the kernel
limits.py    what cgroups allow; software.py  packages and the owner's settings

All but host.py and software.py read nothing but the files handed in, so that they serve a device whose
files come over a cable as well.
"""

from device_agents.environment.host import describe_device, read_state

__all__ = ["describe_device", "read_state"]
