"""Which ops to measure next, so that what a table predicts is off by less."""

from pydantic import Field

from latency_service.contract.messages.base import Key, Message, SnapshotId, TableId
from latency_service.contract.messages.profiles import ProfileRequest


class AdviceRequest(Message):
    """Ask which of some ops to measure next.

    Attributes:
        ops: Such as all that a search space can need. One that is named twice counts twice.
        limit: How many to name.
    """

    ops: tuple[Key, ...] = Field(min_length=1, max_length=2_000)
    limit: int = Field(default=10, ge=1, le=100)


class AdvisedOp(Message):
    """An op that the table lacks.

    Attributes:
        occurrences: How often it was asked for.
        latency_ms: Predicted, with the interval that holds it at 90 %; absent where it cannot be predicted.
        remaining: Share of the predictable ops' summed variance that is left once this op and those before it are
            measured; absent where it cannot be predicted.
        reason: Why it cannot be.
    """

    workload: Key
    occurrences: int
    latency_ms: float | None = None
    ci_low_ms: float | None = None
    ci_high_ms: float | None = None
    remaining: float | None = Field(default=None, ge=0, le=1)
    reason: str | None = None


class Advice(Message):
    """What to measure next, in that order: first what cannot be predicted, then what tells most of all the others.

    Attributes:
        snapshot_id: Whose entries the predictions are from; absent where none has been cut.
        lacking: How many of the ops the table lacks.
        profile_request: Would have the named ops measured; absent where nothing is lacking.
    """

    table_id: TableId
    snapshot_id: SnapshotId | None
    lacking: int
    ops: tuple[AdvisedOp, ...]
    profile_request: ProfileRequest | None
