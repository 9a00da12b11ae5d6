"""SearchResult: what a search came to; the run folder's result.json."""

from pydantic import BaseModel, ConfigDict

from latency_service.contract.conditions import Conditions
from latency_service.contract.messages import SnapshotId, TransferNote
from search_client.architecture import Architecture


class Promise(BaseModel):
    """What one table says of the derived network.

    Attributes:
        target_met: Whether the search's objective takes the predicted latency for the target.
        predicted_ms: What the pinned snapshot says of the derived network.
        predicted_ci_ms: Its interval, from the entries' own; None where some entry has none.
        network_error_percent: Of the table's predictions, see LatencyTable; None where nobody has measured it.
        transfer: What the table's predicted ops rest on; None where it has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str
    conditions: Conditions
    snapshot_id: SnapshotId
    target_ms: float
    target_met: bool
    predicted_ms: float
    predicted_ci_ms: tuple[float, float] | None
    network_error_percent: float | None = None
    transfer: TransferNote | None = None

    @property
    def label(self) -> str:
        """Return what people call it."""
        return f"{self.device} {self.conditions.runtime}"


class CostPromise(BaseModel):
    """What another table than a device's says of the derived network.

    Attributes:
        label: The count, or the column of a file.
        unit: Of target and prediction.
        target_met: As a promise's.
        predicted: Sum over the derived network's ops.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    unit: str
    target: float
    target_met: bool
    predicted: float


class SearchResult(BaseModel):
    """One search's outcome.

    Attributes:
        data_set: What was really trained on; `digits` where `auto` could not have CIFAR-10.
        promises: A target each.
        costs: What else the search was asked to keep, each.
        validation_accuracy: Of the derived, fine-tuned network, 0 to 1, on images that neither weights nor alphas saw;
            `accuracy_on` says what that is worth.
        skipped_steps: Steps left out because a gradient overflowed in half precision; of the search and fine-tuning.
        seconds: Wall time, over all sessions of the run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    space: str
    data_set: str
    promises: tuple[Promise, ...]
    costs: tuple[CostPromise, ...] = ()
    validation_accuracy: float
    validation_images: int
    macs: int
    parameters: int
    architecture: Architecture
    seed: int
    skipped_steps: int = 0
    seconds: float
