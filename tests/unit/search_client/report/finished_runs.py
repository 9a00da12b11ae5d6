"""Finished runs without a search: folders that hold what a search would have left."""

import json
from collections.abc import Sequence
from pathlib import Path

from latency_service.contract.messages import Correction, Snapshot, SnapshotId
from latency_service.contract.network import workload_key
from search_client.architecture import Architecture
from search_client.latency.table import LatencyTable
from search_client.spaces.registry import make_space
from search_client.spaces.space import SearchSpace
from search_client.training.result import CostPromise, Promise, SearchResult
from search_client.training.run_folder import RunFolder
from search_client.verify import VerifyResult
from tests.unit.search_client.small_space import made_up_ms, table_of
from tests.unit.search_client.training.small_run import SPACE_PARAMS, board_target, small_config, target_ms

STEPS = 20


def finished_run(
    path: Path,
    choices: tuple[int, ...],
    data_set: str = "cifar10",
    devices: Sequence[str] = ("board",),
    costs: tuple[CostPromise, ...] = (),
    correction: Correction | None = None,
) -> RunFolder:
    """Return a run that derived the network of these choices, not yet verified; its n-th device is n times as slow."""
    space = make_space("proxyless-cifar", **SPACE_PARAMS)
    snapshots = [
        _snapshot(space, device, times).model_copy(update={"correction": correction})
        for times, device in enumerate(devices, start=1)
    ]
    targets = tuple(board_target(target_ms(0.5)).model_copy(update={"device": device}) for device in devices)
    folder = RunFolder.create(path, small_config(targets=targets), snapshots)
    architecture = Architecture.of(space, choices)
    network = architecture.network()
    (path / "architecture.json").write_text(architecture.to_json())
    (path / "history.jsonl").write_text(
        "".join(f'{{"step": {i}, "accuracy": {i / 40}}}\n' for i in range(1, STEPS + 1))
    )
    (path / "alphas.jsonl").write_text(
        "".join(
            json.dumps({"step": i, "expected": [0.3] * len(devices), "derived": [0.2] * len(devices)}) + "\n"
            for i in range(10, STEPS + 1, 5)
        )
    )
    folder.write_result(
        SearchResult(
            space=space.name,
            data_set=data_set,
            promises=tuple(
                Promise(
                    device=table.device,
                    conditions=table.conditions,
                    snapshot_id=table.snapshot_id,
                    target_ms=target.target_ms,
                    target_met=True,
                    predicted_ms=table.network_ms(network),
                    predicted_ci_ms=table.network_ci_ms(network),
                    network_error_percent=table.network_error_percent,
                )
                for target, table in zip(targets, map(LatencyTable, snapshots), strict=True)
            ),
            costs=costs,
            validation_accuracy=0.625,
            validation_images=5000,
            macs=network.macs,
            parameters=network.parameters,
            architecture=architecture,
            seed=0,
            seconds=1.0,
        )
    )
    return folder


def _snapshot(space: SearchSpace, device: str, times: int) -> Snapshot:
    made = table_of(space, lambda op: times * made_up_ms(op)).snapshot
    return made.model_copy(update={"device": device, "snapshot_id": SnapshotId(f"of-{device}")})


def verify(folder: RunFolder, measured_ms: float, index: int = 0) -> None:
    """Add a measurement of the run's network on one of its devices."""
    table, network = LatencyTable(folder.snapshots[index]), folder.architecture.network()
    predicted_ms = table.network_ms(network)
    folder.write_verification(
        index,
        VerifyResult(
            network=workload_key(network),
            device=table.device,
            conditions=table.conditions,
            snapshot_id=table.snapshot_id,
            predicted_ms=predicted_ms,
            predicted_ci_ms=table.network_ci_ms(network),
            measured_ms=measured_ms,
            measured_ci_ms=(0.99 * measured_ms, 1.01 * measured_ms),
            verdict="ok",
            error_percent=100 * (predicted_ms / measured_ms - 1),
        ),
    )
