"""Timed ops: a space's ops at several resolutions, timed on this machine in one profile a runtime."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.this_machine import DEVICE, this_machine
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import format_key
from latency_service.contract.messages import ProfileRequest, Snapshot
from latency_service.contract.ops import OpSpec
from search_client.latency.client import ServiceClient, wait_for_profile
from search_client.spaces.registry import make_space
from search_client.verify import NotMeasured

_POLL_S = 0.5


@dataclass(frozen=True)
class TimedOps:
    """Ops with their latencies, and the resolution of the images whose networks they are for."""

    ops: tuple[OpSpec, ...]
    resolutions: tuple[int, ...]
    latencies_ms: tuple[float, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """Return a row an op."""
        rows = zip(self.ops, self.resolutions, self.latencies_ms, strict=True)
        return [
            {"op": format_key(op), "resolution": resolution, "latency_ms": latency} for op, resolution, latency in rows
        ]


def time_ops(
    space: str, resolutions: Sequence[int], runtimes: Sequence[str], count: int | None, folder: Path
) -> dict[str, TimedOps]:
    """Return each runtime's rows; what the folder's table holds already is not timed again.

    Args:
        space: Whose ops.
        resolutions: An op that several need is the first one's.
        runtimes: Of this machine, one thread.
        count: How many of each resolution, from all over it; None: all.
        folder: Of the table.

    Raises:
        NotMeasured: Some could not be timed.
    """
    resolution_of: dict[OpSpec, int] = {}
    for resolution in resolutions:
        ops = make_space(space, resolution=resolution).ops()
        for op in ops if count is None else _spread_out(ops, count):
            resolution_of.setdefault(op, resolution)
    with this_machine(folder, runtimes) as machine, ServiceClient(machine.server) as client:
        return {runtime: _timed(client, runtime, resolution_of) for runtime in runtimes}


def _timed(client: ServiceClient, runtime: str, resolution_of: dict[OpSpec, int]) -> TimedOps:
    ops = tuple(resolution_of)
    created = client.create_profile(
        ProfileRequest(device=DEVICE, conditions=Conditions(runtime=runtime), workloads=ops)
    )
    status = wait_for_profile(client, created.profile_id, lambda _: None, lambda: time.sleep(_POLL_S))
    if status.failures or status.snapshot_id is None:
        raise NotMeasured(f"{len(status.failures)} op(s) could not be timed by {runtime}")
    latencies = _latencies(client.snapshot(status.snapshot_id))
    return TimedOps(ops, tuple(resolution_of.values()), tuple(latencies[format_key(op)] for op in ops))


def _latencies(snapshot: Snapshot) -> dict[str, float]:
    return {entry.workload: entry.latency_ms for entry in snapshot.ops}


def _spread_out(ops: Sequence[OpSpec], count: int) -> list[OpSpec]:
    return [ops[index * len(ops) // count] for index in range(min(count, len(ops)))]
