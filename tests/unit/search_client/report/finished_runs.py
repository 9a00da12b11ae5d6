"""Finished runs without a search: folders that hold what a search would have left."""

from pathlib import Path

from latency_service.contract.network import workload_key
from search_client.architecture import Architecture
from search_client.latency.table import LatencyTable
from search_client.spaces.registry import make_space
from search_client.training.result import Promise, SearchResult
from search_client.training.run_folder import RunFolder
from search_client.verify import VerifyResult
from tests.unit.search_client.training.small_run import SPACE_PARAMS, small_folder

STEPS = 20


def finished_run(path: Path, choices: tuple[int, ...], data_set: str = "cifar10") -> RunFolder:
    """Return a run that derived the network of these choices, not yet verified."""
    folder = small_folder(path)
    space = make_space("proxyless-cifar", **SPACE_PARAMS)
    architecture = Architecture.of(space, choices)
    table, network = LatencyTable(folder.snapshots[0]), architecture.network()
    (path / "architecture.json").write_text(architecture.to_json())
    (path / "history.jsonl").write_text(
        "".join(f'{{"step": {i}, "accuracy": {i / 40}}}\n' for i in range(1, STEPS + 1))
    )
    (path / "alphas.jsonl").write_text(
        "".join(f'{{"step": {i}, "expected": [0.3], "derived": [0.2]}}\n' for i in range(10, STEPS + 1, 5))
    )
    folder.write_result(
        SearchResult(
            space=space.name,
            data_set=data_set,
            promises=(
                Promise(
                    device=table.device,
                    conditions=table.conditions,
                    snapshot_id=table.snapshot_id,
                    target_ms=folder.config.targets[0].target_ms,
                    target_met=True,
                    predicted_ms=table.network_ms(network),
                    predicted_ci_ms=table.network_ci_ms(network),
                ),
            ),
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


def verify(folder: RunFolder, measured_ms: float) -> None:
    """Add a measurement of the run's network."""
    table, network = LatencyTable(folder.snapshots[0]), folder.architecture.network()
    predicted_ms = table.network_ms(network)
    folder.write_verification(
        0,
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
