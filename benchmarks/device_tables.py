"""Device tables: really different tables of one machine, a runtime, a precision, a backend and threads each.

Two sessions of each, a service and an agent of its own a session, so that the second knows nothing of the first.
"""

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from demo.this_machine import DEVICE, this_machine
from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import InvalidInput
from latency_service.contract.keys import format_key
from latency_service.contract.messages import ProfileRequest
from latency_service.contract.network import workload_key
from latency_service.contract.ops import OpSpec
from latency_service.modelling.features import Matrix
from search_client.latency.client import ServiceClient, wait_for_profile
from search_client.training.atomic_file import write_atomically

#: By the name that the table has in figures.
CONDITIONS: Mapping[str, Conditions] = {
    f"{name}, {threads} thread{'s' if threads > 1 else ''}": Conditions(runtime=runtime, threads=threads, **others)
    for name, runtime, others in (
        ("onnxruntime", "onnxruntime", {}),
        ("onnxruntime int8", "onnxruntime", {"precision": "int8"}),
        ("tflite XNNPACK", "tflite", {"backend": "xnnpack"}),
        ("tflite XNNPACK int8", "tflite", {"backend": "xnnpack", "precision": "int8"}),
        ("tflite builtin", "tflite", {"backend": "builtin"}),
        ("tflite builtin int8", "tflite", {"backend": "builtin", "precision": "int8"}),
        ("torch", "torch", {}),
    )
    for threads in (1, 2)
}
SESSIONS = ("first", "second")

_POLL_S = 0.5


@dataclass(frozen=True)
class DeviceTables:
    """Latencies of the same ops in several tables; not a number where a table lacks an op.

    Attributes:
        names: Of the tables.
        runtimes: Theirs.
        latencies_ms: Shape (tables, ops).
        again_ms: Likewise, of the second session.
    """

    ops: tuple[OpSpec, ...]
    names: tuple[str, ...]
    runtimes: tuple[str, ...]
    latencies_ms: Matrix
    again_ms: Matrix

    def __post_init__(self) -> None:
        if not self.names:
            raise InvalidInput("no table could be measured on this machine: the agent's log says why")


def measured_tables(ops: Sequence[OpSpec], names: Sequence[str], folder: Path, console: Console) -> DeviceTables:
    """Return the tables; what the folder holds already is not measured again.

    Args:
        ops: Zero is free and not asked for.
        names: Of CONDITIONS. A table of which this machine gives fewer than half of the ops is left out, and told.
        folder: Of the services' tables, and of a file a table.
        console: Gets a line a table.

    Raises:
        InvalidInput: None could be measured.
    """
    sessions = [_session(ops, names, folder / session, console) for session in SESSIONS]
    latencies, again = (_matrix(ops, names, each) for each in sessions)
    known = [np.isfinite(each).mean(axis=1) >= 0.5 for each in (latencies, again)]
    kept = np.flatnonzero(known[0] & known[1])
    for name in sorted(set(names) - {names[place] for place in kept}):
        console.print(f"{name}: left out, too few of its ops could be measured")
    return DeviceTables(
        ops=tuple(ops),
        names=tuple(names[place] for place in kept),
        runtimes=tuple(CONDITIONS[names[place]].runtime for place in kept),
        latencies_ms=latencies[kept],
        again_ms=again[kept],
    )


def _session(
    ops: Sequence[OpSpec], names: Sequence[str], folder: Path, console: Console
) -> dict[str, dict[str, float]]:
    files = {name: folder / f"{name.replace(', ', '-').replace(' ', '-')}.json" for name in names}
    keys = [format_key(op) for op in ops]
    lacking = [name for name in names if not _holds(files[name], keys)]
    if lacking:
        conditions = [CONDITIONS[name] for name in lacking]
        runtimes = list(dict.fromkeys(each.runtime for each in conditions))
        threads = ("--threads", str(max(each.threads for each in conditions)))
        with this_machine(folder, runtimes, threads) as machine, ServiceClient(machine.server) as client:
            for name in lacking:
                start = time.monotonic()
                rows = _profiled(client, CONDITIONS[name], ops)
                write_atomically(files[name], json.dumps({"asked": keys, "latencies_ms": rows}).encode())
                console.print(f"{folder.name} session, {name}: {len(rows)} ops, {time.monotonic() - start:.0f} s")
    return {name: json.loads(files[name].read_text())["latencies_ms"] for name in names}


def _holds(file: Path, keys: Sequence[str]) -> bool:
    """Say whether all of these ops were asked for already; what could not be measured then is not tried again."""
    return file.exists() and set(keys) <= set(json.loads(file.read_text())["asked"])


def _profiled(client: ServiceClient, conditions: Conditions, ops: Sequence[OpSpec]) -> dict[str, float]:
    request = ProfileRequest(device=DEVICE, conditions=conditions, workloads=tuple(ops))
    created = client.create_profile(request)
    status = wait_for_profile(client, created.profile_id, lambda _: None, lambda: time.sleep(_POLL_S))
    if status.snapshot_id is None:
        return {}
    wanted = {workload_key(op) for op in ops}
    entries = client.snapshot(status.snapshot_id).ops
    return {each.workload: each.latency_ms for each in entries if each.workload in wanted and each.latency_ms > 0}


def _matrix(ops: Sequence[OpSpec], names: Sequence[str], rows: Mapping[str, Mapping[str, float]]) -> Matrix:
    return np.array([[rows[name].get(format_key(op), math.nan) for op in ops] for name in names])
