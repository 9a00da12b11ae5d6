"""`search-client predict`: what the table promises for a network."""

from pydantic import BaseModel

from latency_service.contract.conditions import Conditions
from latency_service.contract.messages import Additivity, SnapshotId, TransferNote
from latency_service.contract.network import NetworkSpec, WorkloadKey, workload_key
from search_client.commands import options
from search_client.commands.connection import connected
from search_client.commands.console import predicted_milliseconds, print_facts, print_json, readable_errors
from search_client.commands.subjects import read_network
from search_client.commands.trust import warn_of
from search_client.latency.table import LatencyTable
from search_client.latency.wording import describe_correction


class Prediction(BaseModel):
    """What a table says of a network.

    Attributes:
        predicted_ci_ms: The interval that follows from the entries' own; None where one has none.
        network_error_percent: Of the table's predictions, see LatencyTable; None where nobody has measured it.
        additivity: Whether sums of ops tell what networks take there; None where nobody has measured it.
        transfer: What the table's predicted ops rest on; None where all were measured.
    """

    network: WorkloadKey
    device: str
    conditions: Conditions
    snapshot_id: SnapshotId
    predicted_ms: float
    predicted_ci_ms: tuple[float, float] | None
    network_error_percent: float | None
    additivity: Additivity | None
    transfer: TransferNote | None
    macs: int
    parameters: int


def predict(
    device: options.Device,
    runtime: options.Runtime,
    architecture: options.ArchitectureFile = None,
    network: options.NetworkName = None,
    resolution: options.Resolution = 224,
    precision: options.PrecisionOption = None,
    threads: options.Threads = None,
    batch_size: options.BatchSize = None,
    condition: options.ConditionOptions = None,
    server: options.Server = options.DEFAULT_SERVER,
    key_file: options.KeyFile = None,
    as_json: options.Json = False,
) -> None:
    """Predict a network's latency from the table; nothing is measured."""
    with readable_errors():
        spec = read_network(architecture, network, resolution)
        conditions = options.make_conditions(runtime, precision, threads, batch_size, condition)
        with connected(server, key_file) as client:
            table = LatencyTable.fetch(client, device=device, conditions=conditions)
        warn_of(table)
        prediction = _predict(table, spec)
        if as_json:
            print_json(prediction)
        else:
            print_facts(f"On {table.device}, {conditions}", _facts(prediction, table))


def _predict(table: LatencyTable, spec: NetworkSpec) -> Prediction:
    return Prediction(
        network=workload_key(spec),
        device=table.device,
        conditions=table.conditions,
        snapshot_id=table.snapshot_id,
        predicted_ms=table.network_ms(spec),
        predicted_ci_ms=table.network_ci_ms(spec),
        network_error_percent=table.network_error_percent,
        additivity=table.additivity,
        transfer=table.snapshot.transfer,
        macs=spec.macs,
        parameters=spec.parameters,
    )


def _facts(prediction: Prediction, table: LatencyTable) -> dict[str, str]:
    return {
        "predicted": predicted_milliseconds(
            prediction.predicted_ms, prediction.network_error_percent, prediction.predicted_ci_ms
        ),
        "correction": describe_correction(table.snapshot.correction),
        "MACs": f"{prediction.macs / 1e6:.2f} M",
        "parameters": f"{prediction.parameters:,}",
        "snapshot": prediction.snapshot_id,
    }
