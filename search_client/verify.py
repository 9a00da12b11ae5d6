"""Verify: hold what the table promises for a network against the device's own measurement of it."""

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import LatencyError
from latency_service.contract.measurement import Verdict
from latency_service.contract.messages import (
    MeasurementRow,
    ProfileRequest,
    ProfileStatus,
    SnapshotId,
    TableId,
    TransferNote,
)
from latency_service.contract.network import NetworkSpec, WorkloadKey, workload_key
from search_client.latency.client import ServiceClient, wait_for_profile
from search_client.latency.table import LatencyTable


class NotMeasured(LatencyError):
    """The device gave no measurement; the message says why."""

    code = "not_measured"


class VerifyResult(BaseModel):
    """A promise beside a measurement.

    Attributes:
        predicted_ms: What the snapshot says of the network.
        predicted_ci_ms: Its interval, from the entries' own (None where one has none); what a sum lacks is not in it.
        network_error_percent: Of the table's predictions, see LatencyTable; None where nobody has measured it.
        transfer: What the table's predicted ops rest on; None where all were measured.
        measured_ms: Median of the network, measured whole.
        measured_ci_ms: The median's interval.
        error_percent: (predicted - measured) / measured; positive where the promise was too slow.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: WorkloadKey
    device: str
    conditions: Conditions
    snapshot_id: SnapshotId
    predicted_ms: float
    predicted_ci_ms: tuple[float, float] | None
    network_error_percent: float | None = None
    transfer: TransferNote | None = None
    measured_ms: float
    measured_ci_ms: tuple[float, float]
    verdict: Verdict
    error_percent: float


class Verifications(BaseModel):
    """What `search-client verify` answers: a device each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    results: tuple[VerifyResult, ...]


def verify_network(
    client: ServiceClient,
    table: LatencyTable,
    network: NetworkSpec,
    on_progress: Callable[[ProfileStatus], None],
    pause: Callable[[], None],
) -> VerifyResult:
    """Have the table's device measure a network whole, now, under the table's conditions.

    Args:
        client: The service that the device's agent works for.
        table: What the promise is made from.
        network: What is measured.
        on_progress: Called while the device is at work.
        pause: Waits between two questions to the service.

    Raises:
        MissingEntries: The table lacks some of the network's ops.
        NotMeasured: The device could not measure it, or is in another state by now than the table was measured in.
    """
    predicted_ms, predicted_ci_ms = table.network_ms(network), table.network_ci_ms(network)
    status = measure_whole(client, table.device, table.conditions, (network,), on_progress, pause)
    _refuse_another_table(status, table)
    measured = newest_measurement(client, status, workload_key(network))
    return VerifyResult(
        network=workload_key(network),
        device=table.device,
        conditions=table.conditions,
        snapshot_id=table.snapshot_id,
        predicted_ms=predicted_ms,
        predicted_ci_ms=predicted_ci_ms,
        network_error_percent=table.network_error_percent,
        transfer=table.snapshot.transfer,
        measured_ms=measured.summary.median_ms,
        measured_ci_ms=(measured.summary.ci_low_ms, measured.summary.ci_high_ms),
        verdict=measured.verdict,
        error_percent=100 * (predicted_ms / measured.summary.median_ms - 1),
    )


def measure_whole(
    client: ServiceClient,
    device: str,
    conditions: Conditions,
    networks: tuple[NetworkSpec, ...],
    on_progress: Callable[[ProfileStatus], None],
    pause: Callable[[], None],
) -> ProfileStatus:
    """Have a device measure networks whole, now, and return how that ended.

    They are one profile: an agent interleaves them, so that a drift of the machine's speed hits all alike.
    """
    request = ProfileRequest(device=device, conditions=conditions, workloads=networks, max_age_s=0.0)
    return wait_for_profile(client, client.create_profile(request).profile_id, on_progress, pause)


def _refuse_another_table(status: ProfileStatus, table: LatencyTable) -> None:
    """A table stands for one device state: promise and measurement of two states say nothing about each other."""
    if status.table_id not in (None, table.snapshot.table_id):
        raise NotMeasured(
            f"{table.device} is not what it was when snapshot {table.snapshot_id} was measured (its hardware, driver, "
            "kernel or runtime changed): run `search-client profile` again, and hold the network's architecture.json "
            "against the new table with `search-client verify --architecture`"
        )


def newest_measurement(client: ServiceClient, status: ProfileStatus, key: WorkloadKey) -> MeasurementRow:
    """Return the newest measurement of a network in the table that an ended profile filled.

    Raises:
        NotMeasured: The profile was cancelled, or a network of it could not be measured.
    """
    if status.failures or status.table_id is None:
        reasons = "; ".join(f"{failure.error_class}: {failure.message}" for failure in status.failures)
        raise NotMeasured(f"{status.device} did not measure {key}: {reasons or 'the profile was cancelled'}")
    return measurements_of(client, status.table_id, key)[-1]


def measurements_of(client: ServiceClient, table_id: TableId, key: WorkloadKey) -> list[MeasurementRow]:
    """Return all measurements of a network in a table, oldest first."""
    rows: list[MeasurementRow] = []
    after: int | None = None
    while True:
        page = client.measurements(table_id, op=key, after=after)
        rows += page.measurements
        if page.next_after is None:
            return rows
        after = page.next_after
