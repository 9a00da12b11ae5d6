"""Series: one subject's samples, taken in rounds until they suffice."""

from collections.abc import Callable

from device_agents.stopwatch.contention import ContentionLog
from device_agents.stopwatch.inner_loop import calibrate
from device_agents.stopwatch.instruments import Instruments
from device_agents.stopwatch.record import Record, Round
from device_agents.stopwatch.reference import ReferenceOp
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.sample import Sample, Sampler
from device_agents.stopwatch.stop_rule import StopRule
from device_agents.stopwatch.subject import Subject
from device_agents.stopwatch.verdict import judge, too_disturbed
from device_agents.stopwatch.warmup import warm_up
from latency_service.contract.device import Fact
from latency_service.contract.measurement import Failure, Measurement
from latency_service.contract.summary import summarize_rounds

Outcome = Measurement | Failure


class Series:
    """Calibrates and warms its subject up when made; then takes rounds for as long as it `needs_more`."""

    def __init__(
        self,
        subject: Subject,
        rules: TimingRules,
        instruments: Instruments,
        reference: ReferenceOp | None = None,
        on_sample: Callable[[], None] = lambda: None,
    ) -> None:
        self._subject = subject
        self._rules = rules
        self._instruments = instruments
        self._reference = reference
        self._started_at = instruments.clock.now_utc()
        self._sampler = Sampler(subject, instruments, on_sample)
        self._contention = ContentionLog(instruments, subject)
        first_loops = calibrate(self._sampler, rules, instruments)
        self._warm = warm_up(self._sampler, first_loops, rules, instruments.clock)
        self._loops = calibrate(self._sampler, rules, instruments)  # again: a warm subject is faster
        self._warmup_runs = self._warm.runs
        self._record = Record(rules, reference)
        self._stop_rule = StopRule(rules, instruments.is_cold)

    @property
    def needs_more(self) -> bool:
        """Say whether another round is worth taking."""
        return self._stop_rule.needs_more(self._record)

    @property
    def is_closed(self) -> bool:
        """Say whether the reference op has been read since the last round, where it can be."""
        return self._record.is_closed

    def take_round(self) -> None:
        """Take the next few samples, after one untimed sample that brings the caches back."""
        self._warmup_runs += self._sampler.take(self._loops).runs
        now_ns, samples = self._instruments.clock.now_ns, list[Sample]()
        readings_before, start_ns = self._record.readings_so_far, now_ns()
        with self._contention.round():
            while len(samples) < self._rules.round_samples and now_ns() - start_ns < self._rules.round_s * 1e9:
                samples.append(self._sampler.take(self._loops))
        seconds = (now_ns() - start_ns) / 1e9
        self._record.rounds.append(Round(tuple(samples), seconds, readings_before, self._contention.last_stolen_share))

    def outcome(self) -> Outcome:
        """Return the measurement, or the failure where not one sample was clean."""
        record, contention = self._record, self._contention
        samples, rounds_ms = record.samples, [one.clean_ms for one in record.kept]
        if not any(rounds_ms):
            return Failure(error_class="timed_out", message=too_disturbed(0, len(samples), contention))
        summary = summarize_rounds(rounds_ms, self._clock_step_ms)
        verdict, reasons = judge(summary, record, self._warm, contention, self._rules)
        return Measurement(
            samples_ms=tuple(sample.ms_per_run for sample in samples),
            round_sizes=tuple(len(one.samples) for one in record.rounds),
            disturbed=tuple(index for index, sample in enumerate(samples) if sample.is_disturbed),
            voided_rounds=record.voided,
            reference_ms=record.reference_ms,
            clock_step_ms=self._clock_step_ms,
            inner_loops=self._loops,
            warmup_runs=self._warmup_runs,
            summary=summary,
            verdict=verdict,
            reasons=reasons,
            preemptions=sum(sample.switches for sample in samples),
            foreign_load=contention.foreign_load,
            steal_share=contention.steal_share,
            clock_mhz=contention.shown("clock_mhz"),
            temperature_c=contention.shown("temperature_c"),
            power_w=contention.shown("power_w"),
            runtime_facts=self._facts(summary.median_ms),
            started_at=self._started_at,
            finished_at=self._instruments.clock.now_utc(),
        )

    @property
    def _clock_step_ms(self) -> float:
        """Return the clock's step, spread over the runs of a window."""
        if self._sampler.is_self_timed:
            return 0.0  # the step of a device's own clock is not known here; a sample lasts a millisecond for it
        runs = 1 if self._instruments.is_cold else self._loops
        return self._instruments.timer.resolution_ns / runs / 1e6

    def _facts(self, median_ms: float) -> dict[str, Fact]:
        facts = dict(self._subject.facts)
        if self._reference is not None:
            facts.update(self._reference.facts)
        if self._instruments.is_cold and not self._sampler.is_self_timed:
            facts["timer_share"] = self._instruments.timer.cost_ns / 1e6 / median_ms
        return facts
