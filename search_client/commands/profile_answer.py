"""ProfileAnswer: what a profile came to, for people and for programs."""

from pydantic import BaseModel

from latency_service.contract.messages import Correction, ProfileId, SnapshotId, TableId, TransferNote
from search_client.latency.wording import describe_correction, describe_transfer, stated_error


class ProfileAnswer(BaseModel):
    """What a profile came to.

    Attributes:
        already_measured: Ops that the table held before.
        measured: Ops that were measured now.
        predicted: Ops that a quick profile leaves to be predicted.
        anchors: Networks that were asked for beside them.
        fastest_ms: Latency of the space's fastest network; None where no space was profiled.
        slowest_ms: Of its slowest one.
        network_error_percent: Of the table's predictions, see LatencyTable; None where nobody has measured it.
        correction: By which the table predicts networks; None where it has none.
        transfer: What the table's predicted ops rest on; None where it has none.
    """

    profile_id: ProfileId
    table_id: TableId
    snapshot_id: SnapshotId
    ops: int
    already_measured: int
    measured: int
    predicted: int = 0
    anchors: int = 0
    fastest_ms: float | None = None
    slowest_ms: float | None = None
    network_error_percent: float | None = None
    correction: Correction | None = None
    transfer: TransferNote | None = None

    def facts(self) -> dict[str, str]:
        """Return it for people, line by line."""
        facts = {
            "ops": f"{self.ops}: {self.already_measured} were there, {self.measured} measured now",
            "snapshot": self.snapshot_id,
        }
        if self.transfer is not None:
            facts["predicted"] = describe_transfer(self.transfer)
        if self.fastest_ms is not None:
            error = stated_error(self.network_error_percent)
            facts["networks of this space"] = f"{self.fastest_ms:.4g} to {self.slowest_ms:.4g} ms {error}"
            facts["correction"] = describe_correction(self.correction)
        return facts
