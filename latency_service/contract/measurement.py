"""Measurement: raw samples first, summary second, and how much they can be trusted; Failure: why there is none."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from latency_service.contract.device import Facts
from latency_service.contract.in_context import InContext
from latency_service.contract.limits import LARGEST_INTEGER, LARGEST_SMALL_INTEGER, MOST_MEMBERS, Moment, Readings, Text
from latency_service.contract.timings import Timings

#: A change of the measuring protocol that moves timings bumps this; measurements of two versions are not comparable.
PROTOCOL_VERSION = 2

Verdict = Literal["ok", "noisy", "unfit"]
ErrorClass = Literal["unsupported", "out_of_memory", "crashed", "timed_out"]


class Measurement(Timings):
    """The timings of one workload in one session.

    Attributes:
        in_context: An op's timings behind its feeder, taken in the same rounds; absent for networks and for what has no
            feeder.
        reference_ms: The reference op's medians from before the first round to after the last, in order; one may
            close a round and open the next. They void rounds, they scale nothing.
        preemptions: Involuntary context switches seen while sampling.
        foreign_load: CPU time that other processes of the host took while sampling, as a share of one core.
        steal_share: Share of time the hypervisor gave to others; absent where the host does not show it.
        clock_mhz: Clock of the core, or of the GPU, before and after each round, where the device shows it.
        temperature_c: Likewise its temperature, degrees Celsius.
        power_w: Likewise its power draw, watts.
        runtime_facts: What the runtime really did: version, provider, delegate in the plan.
    """

    in_context: InContext | None = None
    reference_ms: Readings = ()
    verdict: Verdict
    reasons: tuple[Text, ...] = Field(default=(), max_length=MOST_MEMBERS)
    preemptions: int = Field(ge=0, le=LARGEST_INTEGER)
    foreign_load: float | None = Field(default=None, ge=0)
    steal_share: float | None = Field(default=None, ge=0)
    clock_mhz: Readings = ()
    temperature_c: Readings = ()
    power_w: Readings = ()
    runtime_facts: Facts = Field(default_factory=dict)
    protocol_version: int = Field(default=PROTOCOL_VERSION, ge=1, le=LARGEST_SMALL_INTEGER)
    started_at: Moment
    finished_at: Moment

    @model_validator(mode="after")
    def _check_consistency(self) -> "Measurement":
        if not all(0 < value < float("inf") for value in self.reference_ms):
            raise ValueError("reference_ms must be positive and finite")
        if self.verdict != "ok" and not self.reasons:
            raise ValueError(f"verdict {self.verdict!r} needs a reason")
        return self


class Failure(BaseModel):
    """Why a workload has no timing. `unsupported` and `out_of_memory` are answers; the others may be tried again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    error_class: ErrorClass
    message: str = Field(max_length=4000)

    @property
    def is_final(self) -> bool:
        """Say whether another attempt on this device would end the same."""
        return self.error_class in ("unsupported", "out_of_memory")
