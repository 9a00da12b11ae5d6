"""Cells: one network's measurement on one device each, and the file that keeps them between two calls."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import InvalidInput
from latency_service.contract.measurement import Verdict
from latency_service.contract.messages import ProfileId, SnapshotId, TableId
from latency_service.contract.network import WorkloadKey
from search_client.faults import first_fault
from search_client.training.atomic_file import write_atomically


class Place(BaseModel):
    """Where networks are measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str
    conditions: Conditions

    @property
    def label(self) -> str:
        """Return what people call it; the precision where it is not the usual one."""
        precision = self.conditions.precision
        return f"{self.device} {self.conditions.runtime}{'' if precision == 'fp32' else f' {precision}'}"


class Cell(BaseModel):
    """One network on one device.

    Attributes:
        measured_ms: Median of the network, measured whole.
        measured_ci_ms: Its 95 % interval.
        profile_id: What it was measured with: cells of one profile were measured in turns, in the same minutes.
        table_id: Stands for the device's state.
        predicted_ms: What the snapshot says of it; None where the table lacks some of the network's ops.
        snapshot_id: Likewise.
        network_error_percent: Of the table's predictions, see LatencyTable; None where nobody has measured it, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: WorkloadKey
    place: Place
    measured_ms: float
    measured_ci_ms: tuple[float, float]
    verdict: Verdict
    measured_at: AwareDatetime
    profile_id: ProfileId
    table_id: TableId
    predicted_ms: float | None
    snapshot_id: SnapshotId | None
    network_error_percent: float | None = None


class _Cells(BaseModel):
    cells: tuple[Cell, ...]


class CellStore:
    """What was measured so far, in one file; the newest measurement of a network on a device counts.

    Args:
        path: The file; it need not be there yet.

    Raises:
        InvalidInput: It holds something else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._cells: dict[tuple[WorkloadKey, Place], Cell] = {}
        if path.exists():
            self._cells = {(cell.network, cell.place): cell for cell in _read(path)}

    def holds(self, network: WorkloadKey, place: Place) -> bool:
        """Say whether a network was measured on a device."""
        return (network, place) in self._cells

    def cell(self, network: WorkloadKey, place: Place) -> Cell:
        """Return what a network measured on a device; the store holds it."""
        return self._cells[network, place]

    def add(self, cells: Iterable[Cell]) -> None:
        """Keep measurements; they are on the disk when this returns."""
        self._cells |= {(cell.network, cell.place): cell for cell in cells}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._path, _Cells(cells=tuple(self._cells.values())).model_dump_json(indent=2).encode())


def _read(path: Path) -> tuple[Cell, ...]:
    try:
        return _Cells.model_validate_json(path.read_bytes()).cells
    except ValidationError as error:
        raise InvalidInput(f"{path} cannot be read: {first_fault(error)}; remove it to measure all anew") from None
