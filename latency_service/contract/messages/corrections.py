"""What a table's sums of ops promise of whole networks, once anchors have been measured."""

from typing import Literal

from pydantic import Field

from latency_service.contract.messages.base import Key, Message

CorrectionMethod = Literal["scale", "class_and_op"]
#: `additive`: corrected sums tell networks' latencies. `launch_bound`: time follows the number of ops, not their work.
#: `not_additive`: sums do not tell it.
Additivity = Literal["additive", "launch_bound", "not_additive"]


class NetworkError(Message):
    """How far predictions of networks' latencies are from their measurements.

    Attributes:
        mape_percent: Mean absolute error, as a share of what was measured.
        rmse_ms: Root of the mean squared error.
        kendall: Rank correlation, tau-b; absent where all are alike.
    """

    mape_percent: float = Field(ge=0)
    rmse_ms: float = Field(ge=0)
    kendall: float | None = Field(ge=-1, le=1)


class Correction(Message):
    """How entries become what ops add to a network: latency = intercept + sum over ops of factor x entry.

    Attributes:
        method: `scale`: one factor for all ops. `class_and_op`: ops that occur in anchors have their own.
        scale: The factor of every op that `factors` does not name.
        factors: By op key.
        intercept_ms: Zero unless leave-one-out supports one.
        anchors: The networks that it was fitted to, by key.
        held_out: Of each anchor, predicted by a correction that was fitted to the others.
        naive: Of the anchors, predicted by the plain sum of entries.
        noise_floor_percent: Mean absolute difference of an anchor measured twice, in two sessions whose common factor
            is removed; absent until there is a second session.
    """

    method: CorrectionMethod
    scale: float = Field(gt=0)
    factors: dict[Key, float] = Field(default_factory=dict)
    intercept_ms: float = 0.0
    anchors: tuple[Key, ...] = Field(min_length=2)
    held_out: NetworkError
    naive: NetworkError
    noise_floor_percent: float | None = Field(default=None, ge=0)
    additivity: Additivity
