"""What all messages share."""

from typing import Annotated, NewType

from pydantic import BaseModel, ConfigDict, Field

from latency_service.contract.keys import EXAMPLE_KEY, LONGEST_KEY, OpOnWire
from latency_service.contract.network import NetworkSpec, WorkloadKey

JobId = NewType("JobId", str)
TableId = NewType("TableId", str)
SnapshotId = NewType("SnapshotId", str)

#: An op as its key, or a network as `{"ops": [key, ...]}`.
WorkloadOnWire = Annotated[OpOnWire | NetworkSpec, Field(union_mode="left_to_right")]
Key = Annotated[WorkloadKey, Field(max_length=LONGEST_KEY, examples=[EXAMPLE_KEY])]


class Message(BaseModel):
    """Messages are values; unknown members are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
