"""What tables of other devices told of a device that was measured at a few ops only."""

from pydantic import Field

from latency_service.contract.messages.base import Message, SnapshotId


class TransferNote(Message):
    """Marks a table that is known from a few measurements; see the ops' entries whose source is `predicted`.

    Attributes:
        measured: How many ops of the device itself the predictions rest on.
        predicted: How many ops they are of.
        tables: Snapshots of the other tables, that they rest on, too.
        spread_percent: Median half width of the predicted ops' 90 % intervals, as a share of the latencies; null where
            it has no end, as too little is known.
    """

    measured: int = Field(ge=1)
    predicted: int = Field(ge=1)
    tables: tuple[SnapshotId, ...] = Field(min_length=2)
    spread_percent: float | None = Field(ge=0, allow_inf_nan=False)
