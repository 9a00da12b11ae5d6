"""NetworkSpec: a chain of OpSpecs that is measured as one; Workload: an op or a network."""

import hashlib
from itertools import pairwise
from typing import NewType

from pydantic import BaseModel, ConfigDict, Field, model_validator

from latency_service.contract.errors import ImpossibleNetwork
from latency_service.contract.keys import KEY_VERSION, OpOnWire, format_key
from latency_service.contract.ops import OpSpec, Shape, Zero

WorkloadKey = NewType("WorkloadKey", str)

NETWORK_PREFIX = f"{KEY_VERSION}-network-"


class NetworkSpec(BaseModel):
    """Ops behind each other, from the image to the logits. A dropped block is left out, not written as Zero.

    Raises:
        ImpossibleNetwork: Two neighbours' shapes differ, or the chain is empty or holds a Zero.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ops: tuple[OpOnWire, ...] = Field(max_length=1024)

    @model_validator(mode="after")
    def _check_the_chain(self) -> "NetworkSpec":
        if not self.ops:
            raise ImpossibleNetwork("a network needs at least one op")
        for index, op in enumerate(self.ops):
            if isinstance(op, Zero):
                raise ImpossibleNetwork(f"op {index} is Zero: leave a dropped block out of the chain")
        for index, (before, after) in enumerate(pairwise(self.ops)):
            if before.output_shape != after.input_shape:
                raise ImpossibleNetwork(
                    f"op {index} ({format_key(before)}) gives {before.output_shape}, "
                    f"but op {index + 1} ({format_key(after)}) takes {after.input_shape}"
                )
        return self

    @property
    def input_shape(self) -> Shape:
        """What the first op takes."""
        return self.ops[0].input_shape

    @property
    def output_shape(self) -> Shape:
        """What the last op gives."""
        return self.ops[-1].output_shape

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image."""
        return sum(op.macs for op in self.ops)

    @property
    def parameters(self) -> int:
        """Trainable parameters."""
        return sum(op.parameters for op in self.ops)


Workload = OpSpec | NetworkSpec


def workload_key(workload: Workload) -> WorkloadKey:
    """Return the op's key, or `v1-network-` and 24 hex digits of the SHA-256 of the network's op keys."""
    if isinstance(workload, OpSpec):
        return WorkloadKey(format_key(workload))
    text = "\n".join(format_key(op) for op in workload.ops)
    return WorkloadKey(NETWORK_PREFIX + hashlib.sha256(text.encode()).hexdigest()[:24])


def is_network_key(key: str) -> bool:
    """Say whether a workload's key names a network."""
    return key.startswith(NETWORK_PREFIX)
