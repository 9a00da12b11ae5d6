"""Timings: the raw samples of one workload in one session, and their summary."""

from itertools import accumulate, pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from latency_service.contract.limits import LARGEST_INTEGER
from latency_service.contract.summary import Summary, summarize_rounds

MOST_SAMPLES = 100_000


class Timings(BaseModel):
    """Raw samples first, summary second.

    Attributes:
        samples_ms: Every sample in the order taken, milliseconds a run (a sample is the mean of `inner_loops` runs).
        round_sizes: How many of the samples each round took, in order.
        disturbed: Indices of samples that something else on the host disturbed; the summary leaves them out.
        voided_rounds: Indices of rounds that the machine ran at another speed than the session's, or of which the
            hypervisor kept a part; the summary leaves them out.
        clock_step_ms: The clock's smallest step, spread over a sample's runs; the interval is never narrower.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    samples_ms: tuple[float, ...] = Field(min_length=1, max_length=MOST_SAMPLES)
    round_sizes: tuple[Annotated[int, Field(ge=0)], ...] = Field(max_length=MOST_SAMPLES)
    disturbed: tuple[int, ...] = Field(default=(), max_length=MOST_SAMPLES)
    voided_rounds: tuple[int, ...] = Field(default=(), max_length=MOST_SAMPLES)
    clock_step_ms: float = Field(default=0.0, ge=0)
    inner_loops: int = Field(ge=1, le=LARGEST_INTEGER)
    warmup_runs: int = Field(ge=0, le=LARGEST_INTEGER)
    summary: Summary

    @model_validator(mode="after")
    def _check_samples(self) -> "Timings":
        if not all(0 < sample < float("inf") for sample in self.samples_ms):
            raise ValueError("samples_ms must be positive and finite")
        if sum(self.round_sizes) != len(self.samples_ms):
            raise ValueError("round_sizes must add up to the number of samples")
        if not all(0 <= index < len(self.samples_ms) for index in self.disturbed):
            raise ValueError("disturbed must hold indices of samples")
        if not all(0 <= index < len(self.round_sizes) for index in self.voided_rounds):
            raise ValueError("voided_rounds must hold indices of rounds")
        return self

    def recompute_summary(self) -> Summary:
        """Return what `summary` must be: that of the samples that count."""
        return summarize_rounds(self.counting_rounds(), self.clock_step_ms)

    def counting_rounds(self) -> list[list[float]]:
        """Return of each round, in order, the undisturbed samples if it counts; every sample where none would count."""
        ends = list(accumulate(self.round_sizes, initial=0))
        left_out = set(self.disturbed)
        left_out.update(index for voided in self.voided_rounds for index in range(ends[voided], ends[voided + 1]))
        if len(left_out) == len(self.samples_ms):
            left_out.clear()
        return [
            [self.samples_ms[index] for index in range(start, end) if index not in left_out]
            for start, end in pairwise(ends)
        ]
