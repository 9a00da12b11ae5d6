"""Devices that differ in a few ways, and a new one of them that a quick profile is asked for."""

import math
import random
from collections.abc import Sequence

from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import format_key
from latency_service.contract.messages import Entry, ProfileCreated, Snapshot
from latency_service.contract.network import NetworkSpec, Workload
from latency_service.contract.ops import MBConv
from tests.contract.service import Service
from tests.service_data import new_id, success
from tests.simulated_ops import blocks, true_ms

OPS = blocks(sizes=(7, 14, 28), channels=(16, 24))
KEYS = [str(format_key(each)) for each in OPS]
#: How each device differs from the first one: a level, a power of the kernel's size, and one of the feature map's.
DEVICES = {1: (0.0, 0.0, 0.0), 2: (1.0, 0.5, 0.0), 3: (-1.0, 0.0, 0.4), 4: (0.3, -0.4, 0.3), 5: (2.0, 0.3, -0.3)}
NEW = 6
NEWEST = 7
ALL = DEVICES | {NEW: (0.7, 0.2, 0.15), NEWEST: (0.0, 0.1, 0.1)}


def conditions(device: int) -> Conditions:
    """Return conditions that stand for a device of their own."""
    return Conditions(runtime="onnxruntime", batch_size=device)


def latency_ms(device: int, workload: Workload) -> float:
    """Return what a workload takes on a device, on which each op is 2 % off from what others would tell."""
    if isinstance(workload, NetworkSpec):
        return 0.9 * sum(latency_ms(device, each) for each in workload.ops)
    assert isinstance(workload, MBConv)
    level, kernel, size = ALL[device]
    own = 1 + random.Random(f"{device} {format_key(workload)}").gauss(0, 0.02)
    scale: float = math.exp(level) * workload.kernel_size**kernel * workload.input_height**size
    return own * true_ms(workload) * scale


def measure(service: Service, device: int, workloads: Sequence[Workload] = OPS) -> Snapshot:
    """Have a device measure all of them."""
    return finish(service, service.profile(workloads, conditions(device)), device)


def finish(service: Service, profile: ProfileCreated, device: int) -> Snapshot:
    """Measure all that there is to do on a device, and return the profile's snapshot."""
    while (lease := service.lend()) is not None:
        results = (success(job.job_id, latency_ms(device, job.workload)) for job in lease.jobs)
        service.post(lease, *((new_id(), result) for result in results))
    return service.snapshot(service.status(profile).snapshot_id)


def quick(service: Service, count: int = 6, workloads: Sequence[Workload] = OPS, device: int = NEW) -> ProfileCreated:
    """Ask for a quick profile of a new device."""
    return service.profile(workloads, conditions(device), quick=count)


def by_source(snapshot: Snapshot, source: str) -> dict[str, Entry]:
    """Return the entries of one source, by key."""
    return {entry.workload: entry for entry in snapshot.ops if entry.source == source}
