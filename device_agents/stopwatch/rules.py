"""TimingRules: the numbers of the measuring protocol."""

from pydantic import BaseModel, ConfigDict, Field


class TimingRules(BaseModel):
    """When a sample is long enough, a workload warm, a series done, and a result trusted.

    The defaults measure 100 small ops within a minute on one core. A change that moves timings bumps PROTOCOL_VERSION.

    Attributes:
        min_sample_ms: A sample lasts at least this long.
        max_timer_share: Reading the clock takes at most this share of a sample.
        max_resolution_share: The clock's smallest step is at most this share of a sample ...
        max_sample_ms: ... unless the sample would last longer than this: then the step widens the interval.
        warmup_window: Clean samples in each of the two windows that are compared.
        warmup_tolerance: Two windows agree when their quartiles differ by no more than this share, or by the noise.
        warmup_max_s: Warm-up ends here, steady or not, once a few windows have been taken.
        round_samples: A workload's turn takes at most this many samples ...
        round_s: ... and ends early after this time, so that long workloads interleave too.
        min_rounds: Fewest turns, so that each workload sees different moments of the host.
        min_samples: Fewest clean samples for a stop before the time is out.
        min_s: Shortest sampling time for a stop before the time is out.
        target_relative_ci: Stop once the samples' spread promises an interval within +- this share.
        plateau_ratio: Stop once twice the samples leave the interval wider than this share of what it was (independent
            samples would leave 0.71 of it).
        max_s: The time is out after this much sampling, if `fewest_samples` are clean ...
        cold_max_s: ... and after this much with cold caches, where flushing them takes most of the time.
        fewest_samples: Fewer clean samples than this are no measurement.
        patience_s: A host that disturbs too many samples is given up after this much sampling.
        ok_relative_ci: A wider interval than this is `noisy`.
        reference_samples: A reading of the reference op is the median of so many samples.
        reference_every_s: The reference op is read when this much time has passed since its last reading ...
        reference_max_share: ... or more, so that reading it takes at most this share of the time.
        speed_tolerance: Readings may differ from the session's level by this share, or by their own noise.
        max_stolen_share: A round of which the hypervisor kept more than this is voided.
        max_voided_share: Where a larger share of rounds than this would be voided none is, and the series is `noisy`.
        unsteady_s: Such a series goes on for this long, in case the machine settles.
        max_sibling_load: A measuring core whose other hardware thread was busier than this is `noisy`.

    Source: pyperf (warm-up), torch.utils.benchmark (inner loop), nvbench (stop rule), google/benchmark (interleaving).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_sample_ms: float = Field(default=1.0, gt=0)
    max_timer_share: float = Field(default=1e-4, gt=0)
    max_resolution_share: float = Field(default=1e-3, gt=0)
    max_sample_ms: float = Field(default=250.0, gt=0)
    warmup_window: int = Field(default=5, ge=3)
    warmup_tolerance: float = Field(default=0.02, gt=0)
    warmup_max_s: float = Field(default=0.3, ge=0)
    round_samples: int = Field(default=8, ge=1)
    round_s: float = Field(default=0.25, gt=0)
    min_rounds: int = Field(default=6, ge=1)
    min_samples: int = Field(default=45, ge=6)
    min_s: float = Field(default=0.04, ge=0)
    target_relative_ci: float = Field(default=0.01, gt=0)
    plateau_ratio: float = Field(default=0.9, gt=0, le=1)
    max_s: float = Field(default=0.35, gt=0)
    cold_max_s: float = Field(default=1.5, gt=0)
    fewest_samples: int = Field(default=10, ge=6)
    patience_s: float = Field(default=10.0, gt=0)
    ok_relative_ci: float = Field(default=0.05, gt=0)
    reference_samples: int = Field(default=5, ge=3)
    reference_every_s: float = Field(default=0.1, ge=0)
    reference_max_share: float = Field(default=0.06, gt=0, le=1)
    speed_tolerance: float = Field(default=0.03, gt=0)
    max_stolen_share: float = Field(default=0.02, ge=0)
    max_voided_share: float = Field(default=0.5, ge=0, le=1)
    unsteady_s: float = Field(default=0.25, ge=0)
    max_sibling_load: float = Field(default=0.25, ge=0)
