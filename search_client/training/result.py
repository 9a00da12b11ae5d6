"""SearchResult: what a search came to; the run folder's result.json."""

from pydantic import BaseModel, ConfigDict

from latency_service.contract.conditions import Conditions
from latency_service.contract.messages import SnapshotId
from search_client.architecture import Architecture


class Promise(BaseModel):
    """What one table says of the derived network.

    Attributes:
        target_met: Whether the search's loss takes the predicted latency for the target.
        predicted_ms: Sum of the pinned snapshot's entries over the derived network's ops.
        predicted_ci_ms: Its interval, from the entries' own; None where some entry has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str
    conditions: Conditions
    snapshot_id: SnapshotId
    target_ms: float
    target_met: bool
    predicted_ms: float
    predicted_ci_ms: tuple[float, float] | None

    @property
    def label(self) -> str:
        """Return what people call it."""
        return f"{self.device} {self.conditions.runtime}"


class SearchResult(BaseModel):
    """One search's outcome.

    Attributes:
        data_set: What was really trained on; `digits` where `auto` could not have CIFAR-10.
        promises: A target each.
        validation_accuracy: Of the derived, fine-tuned network, 0 to 1, on images that neither weights nor alphas saw;
            `accuracy_on` says what that is worth.
        seconds: Wall time, over all sessions of the run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    space: str
    data_set: str
    promises: tuple[Promise, ...]
    validation_accuracy: float
    validation_images: int
    macs: int
    parameters: int
    architecture: Architecture
    seed: int
    seconds: float
