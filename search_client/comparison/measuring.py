"""Measuring what a matrix lacks: on each device all missing networks at once, in turns."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from latency_service.contract.errors import MissingEntries, SnapshotNotFound, TableNotFound
from latency_service.contract.messages import MeasurementRow, ProfileStatus
from latency_service.contract.network import NetworkSpec, workload_key
from search_client.comparison.cells import Cell, CellStore, Place
from search_client.latency.client import ServiceClient
from search_client.latency.table import LatencyTable
from search_client.verify import measure_whole, newest_measurement

#: Shows how far the profile of so many networks on a device is; yields what to call with each status.
ProgressOf = Callable[[Place, int], AbstractContextManager[Callable[[ProfileStatus], None]]]


def measure_missing(
    client: ServiceClient,
    store: CellStore,
    networks: Sequence[NetworkSpec],
    places: Sequence[Place],
    progress_of: ProgressOf,
    pause: Callable[[], None],
    anew: bool = False,
) -> None:
    """Fill the store; after each device its cells are kept.

    Args:
        client: The service that the devices' agents work for.
        store: What was measured before, and gets what is measured now.
        networks: Each to be measured whole.
        places: On each of these.
        progress_of: Shows a person how far it is.
        pause: Waits between two questions to the service.
        anew: Measure what the store holds, too.

    Raises:
        NotMeasured: A device could not measure one of the networks.
    """
    distinct = {workload_key(network): network for network in networks}
    for place in places:
        missing = {key: network for key, network in distinct.items() if anew or not store.holds(key, place)}
        if missing:
            with progress_of(place, len(missing)) as on_progress:
                store.add(_measured(client, place, tuple(missing.values()), on_progress, pause))


def _measured(
    client: ServiceClient,
    place: Place,
    networks: tuple[NetworkSpec, ...],
    on_progress: Callable[[ProfileStatus], None],
    pause: Callable[[], None],
) -> list[Cell]:
    status = measure_whole(client, place.device, place.conditions, networks, on_progress, pause)
    rows = [newest_measurement(client, status, workload_key(network)) for network in networks]
    table = _newest_table(client, place)
    return [_cell(place, network, row, status, table) for network, row in zip(networks, rows, strict=True)]


def _cell(
    place: Place, network: NetworkSpec, measured: MeasurementRow, status: ProfileStatus, table: LatencyTable | None
) -> Cell:
    predicted_ms = None if table is None else _predicted_ms(table, network)
    predicting = None if predicted_ms is None else table
    return Cell(
        network=workload_key(network),
        place=place,
        measured_ms=measured.summary.median_ms,
        measured_ci_ms=(measured.summary.ci_low_ms, measured.summary.ci_high_ms),
        verdict=measured.verdict,
        measured_at=measured.finished_at,
        profile_id=status.profile_id,
        table_id=measured.table_id,
        predicted_ms=predicted_ms,
        snapshot_id=predicting and predicting.snapshot_id,
        network_error_percent=predicting and predicting.network_error_percent,
    )


def _newest_table(client: ServiceClient, place: Place) -> LatencyTable | None:
    """Return the device's table, where it has one: a measurement needs none."""
    try:
        return LatencyTable.fetch(client, device=place.device, conditions=place.conditions)
    except (TableNotFound, SnapshotNotFound):
        return None


def _predicted_ms(table: LatencyTable, network: NetworkSpec) -> float | None:
    try:
        return table.network_ms(network)
    except MissingEntries:
        return None
