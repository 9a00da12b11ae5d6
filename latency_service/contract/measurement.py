"""Measurement: raw samples first, summary second, and how much they can be trusted; Failure: why there is none."""

from itertools import accumulate, pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from latency_service.contract.device import Facts
from latency_service.contract.limits import LARGEST_INTEGER, LARGEST_SMALL_INTEGER, MOST_MEMBERS, Moment, Readings, Text
from latency_service.contract.summary import Summary, summarize_rounds

#: A change of the measuring protocol that moves timings bumps this; measurements of two versions are not comparable.
PROTOCOL_VERSION = 2

MOST_SAMPLES = 100_000

Verdict = Literal["ok", "noisy", "unfit"]
ErrorClass = Literal["unsupported", "out_of_memory", "crashed", "timed_out"]


class Measurement(BaseModel):
    """The timings of one workload in one session.

    Attributes:
        samples_ms: Every sample in the order taken, milliseconds a run (a sample is the mean of `inner_loops` runs).
        round_sizes: How many of the samples each round took, in order.
        disturbed: Indices of samples that something else on the host disturbed; the summary leaves them out.
        voided_rounds: Indices of rounds that the machine ran at another speed than the session's, or of which the
            hypervisor kept a part; the summary leaves them out.
        reference_ms: The reference op's medians from before the first round to after the last, in order; one may
            close a round and open the next. They void rounds, they scale nothing.
        clock_step_ms: The clock's smallest step, spread over a sample's runs; the interval is never narrower.
        preemptions: Involuntary context switches seen while sampling.
        foreign_load: CPU time that other processes of the host took while sampling, as a share of one core.
        steal_share: Share of time the hypervisor gave to others; absent where the host does not show it.
        clock_mhz: Clock of the core, or of the GPU, before and after each round, where the device shows it.
        temperature_c: Likewise its temperature, degrees Celsius.
        power_w: Likewise its power draw, watts.
        runtime_facts: What the runtime really did: version, provider, delegate in the plan.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    samples_ms: tuple[float, ...] = Field(min_length=1, max_length=MOST_SAMPLES)
    round_sizes: tuple[Annotated[int, Field(ge=0)], ...] = Field(max_length=MOST_SAMPLES)
    disturbed: tuple[int, ...] = Field(default=(), max_length=MOST_SAMPLES)
    voided_rounds: tuple[int, ...] = Field(default=(), max_length=MOST_SAMPLES)
    reference_ms: Readings = ()
    clock_step_ms: float = Field(default=0.0, ge=0)
    inner_loops: int = Field(ge=1, le=LARGEST_INTEGER)
    warmup_runs: int = Field(ge=0, le=LARGEST_INTEGER)
    summary: Summary
    verdict: Verdict
    reasons: tuple[Text, ...] = Field(default=(), max_length=MOST_MEMBERS)
    preemptions: int = Field(ge=0, le=LARGEST_INTEGER)
    foreign_load: float | None = Field(default=None, ge=0)
    steal_share: float | None = Field(default=None, ge=0)
    clock_mhz: Readings = ()
    temperature_c: Readings = ()
    power_w: Readings = ()
    runtime_facts: Facts = {}
    protocol_version: int = Field(default=PROTOCOL_VERSION, ge=1, le=LARGEST_SMALL_INTEGER)
    started_at: Moment
    finished_at: Moment

    @model_validator(mode="after")
    def _check_consistency(self) -> "Measurement":
        if not all(0 < sample < float("inf") for sample in self.samples_ms):
            raise ValueError("samples_ms must be positive and finite")
        if sum(self.round_sizes) != len(self.samples_ms):
            raise ValueError("round_sizes must add up to the number of samples")
        if not all(0 <= index < len(self.samples_ms) for index in self.disturbed):
            raise ValueError("disturbed must hold indices of samples")
        if not all(0 <= index < len(self.round_sizes) for index in self.voided_rounds):
            raise ValueError("voided_rounds must hold indices of rounds")
        if not all(0 < value < float("inf") for value in self.reference_ms):
            raise ValueError("reference_ms must be positive and finite")
        if self.verdict != "ok" and not self.reasons:
            raise ValueError(f"verdict {self.verdict!r} needs a reason")
        return self

    def recompute_summary(self) -> Summary:
        """Return what `summary` must be: that of undisturbed samples of rounds that count, of all where none is."""
        ends = list(accumulate(self.round_sizes, initial=0))
        left_out = set(self.disturbed)
        left_out.update(index for voided in self.voided_rounds for index in range(ends[voided], ends[voided + 1]))
        if len(left_out) == len(self.samples_ms):
            left_out.clear()
        rounds = [
            [self.samples_ms[index] for index in range(start, end) if index not in left_out]
            for start, end in pairwise(ends)
        ]
        return summarize_rounds(rounds, self.clock_step_ms)


class Failure(BaseModel):
    """Why a workload has no timing. `unsupported` and `out_of_memory` are answers; the others may be tried again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    error_class: ErrorClass
    message: str = Field(max_length=4000)

    @property
    def is_final(self) -> bool:
        """Say whether another attempt on this device would end the same."""
        return self.error_class in ("unsupported", "out_of_memory")
