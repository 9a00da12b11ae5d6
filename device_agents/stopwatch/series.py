"""Series: one subject's samples, taken in rounds until they suffice."""

from device_agents.stopwatch.contention import ContentionLog
from device_agents.stopwatch.inner_loop import calibrate
from device_agents.stopwatch.instruments import Instruments
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.sample import Sample, take_sample
from device_agents.stopwatch.subject import Subject
from device_agents.stopwatch.verdict import judge, too_disturbed
from device_agents.stopwatch.warmup import warm_up
from latency_service.contract.measurement import Failure, Measurement
from latency_service.contract.summary import median_ci, quantile, summarize

Outcome = Measurement | Failure


class Series:
    """Calibrates and warms its subject up when made; then takes rounds for as long as it `needs_more`."""

    def __init__(self, subject: Subject, rules: TimingRules, instruments: Instruments) -> None:
        self._subject = subject
        self._rules = rules
        self._instruments = instruments
        self._started_at = instruments.clock.now_utc()
        self._contention = ContentionLog(instruments)
        self._warm = warm_up(subject, calibrate(subject, rules, instruments), rules, instruments)
        self._loops = calibrate(subject, rules, instruments)  # again: a warm subject is faster
        self._warmup_runs = self._warm.runs
        self._rounds: list[list[Sample]] = []
        self._interval_history: list[tuple[int, float]] = []

    def take_round(self) -> None:
        """Take the next few samples, after one untimed sample that brings the caches back."""
        self._warmup_runs += take_sample(self._subject, self._loops, self._instruments).runs
        samples: list[Sample] = []
        with self._contention.round():
            while len(samples) < self._rules.round_samples and _total_s(samples) < self._rules.round_s:
                samples.append(take_sample(self._subject, self._loops, self._instruments))
        self._rounds.append(samples)
        if self._clean_ms:
            self._interval_history.append((len(self._clean_ms), _relative_interval(self._clean_ms)))

    @property
    def needs_more(self) -> bool:
        """Say whether another round is worth taking.

        Source: nvbench, `stdrel` and `entropy` stopping criteria.
        """
        clean, spent_s = len(self._clean_ms), _total_s(self._samples)
        if len(self._rounds) < self._rules.min_rounds:
            return True
        if clean >= self._rules.min_samples and spent_s >= self._rules.min_s and self._is_precise:
            return False
        if clean >= self._rules.fewest_samples and spent_s >= self._rules.max_s:
            return False
        return spent_s < self._rules.patience_s or len(self._samples) < 3 * self._rules.fewest_samples

    def outcome(self) -> Outcome:
        """Return the measurement, or the failure where not one sample was clean."""
        samples, clean = self._samples, self._clean_ms
        if not clean:
            return Failure(error_class="timed_out", message=too_disturbed(0, len(samples), self._contention))
        summary = summarize(clean)
        verdict, reasons = judge(summary, len(samples), self._warm, self._contention, self._rules)
        return Measurement(
            samples_ms=tuple(sample.ms_per_run for sample in samples),
            round_sizes=tuple(len(samples) for samples in self._rounds),
            disturbed=tuple(index for index, sample in enumerate(samples) if sample.is_disturbed),
            inner_loops=self._loops,
            warmup_runs=self._warmup_runs,
            summary=summary,
            verdict=verdict,
            reasons=reasons,
            preemptions=sum(sample.switches for sample in samples),
            foreign_load=self._contention.foreign_load,
            steal_share=self._contention.steal_share,
            clock_mhz=self._contention.clock_mhz,
            runtime_facts=self._subject.facts,
            started_at=self._started_at,
            finished_at=self._instruments.clock.now_utc(),
        )

    @property
    def _samples(self) -> list[Sample]:
        return [sample for samples in self._rounds for sample in samples]

    @property
    def _clean_ms(self) -> list[float]:
        return [sample.ms_per_run for sample in self._samples if not sample.is_disturbed]

    @property
    def _is_precise(self) -> bool:
        """Say whether the median's interval has reached its target, or stopped falling."""
        clean, interval = self._interval_history[-1]
        if interval <= self._rules.target_relative_ci:
            return True
        earlier = [old for n, old in self._interval_history if self._rules.min_samples <= n <= clean // 2]
        return bool(earlier) and interval > self._rules.plateau_ratio * earlier[-1]


def _total_s(samples: list[Sample]) -> float:
    return sum(sample.duration_ns for sample in samples) / 1e9


def _relative_interval(samples_ms: list[float]) -> float:
    ordered = sorted(samples_ms)
    low, high = median_ci(ordered)
    return (high - low) / 2 / quantile(ordered, 0.5)
