"""Sample: some runs of a subject between two readings of the clock; Sampler: takes them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from device_agents.stopwatch.instruments import Instruments
from device_agents.stopwatch.subject import SelfTimed, Subject, is_immune
from device_agents.stopwatch.windows import make_flush, make_window

#: A sample that lost no more than this share of its time to others counts as undisturbed: a long sample is hardly ever
#: left alone altogether, and half a percent is below the interval that a series ends with.
TOLERABLE_LOSS = 0.005


@dataclass(frozen=True, slots=True)
class Sample:
    """How long `runs` runs took together, and what the kernel took away meanwhile.

    Attributes:
        switches: How often the CPU was taken away.
        off_cpu_ns: For how long, or None where that cannot be told.
        is_immune: What happens to the host's CPU is nothing to the device that ran.
    """

    duration_ns: int
    runs: int
    switches: int
    off_cpu_ns: int | None = None
    is_immune: bool = False

    @property
    def is_disturbed(self) -> bool:
        """Say whether something else had the CPU during the sample, for longer than can be tolerated."""
        if self.switches == 0 or self.is_immune:
            return False
        return self.off_cpu_ns is None or self.off_cpu_ns > TOLERABLE_LOSS * self.duration_ns

    @property
    def ms_per_run(self) -> float:
        """Milliseconds a run; a clock too coarse to see the runs counts as one nanosecond."""
        return max(1, self.duration_ns) / self.runs / 1e6


class Sampler:
    """Takes samples of one subject.

    With hot caches the runs of a sample share a window. With cold ones each has a window of its own, and the caches are
    flushed before it: the cost of reading the clock is then a larger share, which the series states. A flush lasts far
    longer than most runs; who takes the CPU away meanwhile disturbs nothing.

    A self-timed subject is timed by its device's clock, which does not run on for a preempted host: its samples are
    immune, unless the device waits for the host between kernels. Then any preemption disturbs, because the time that
    the host spends waiting for the device cannot be told from time that it lost.

    Args:
        subject: What is run.
        instruments: Clock and counters.
        on_sample: Told of each sample, outside the timed window.
    """

    def __init__(
        self, subject: Subject, instruments: Instruments, on_sample: Callable[[], None] = lambda: None
    ) -> None:
        self.is_self_timed = isinstance(subject, SelfTimed)
        self._is_immune = is_immune(subject)
        self._subject = subject
        self._counters = instruments.counters
        self._window = make_window(subject, instruments)
        self._flush_caches = make_flush(subject, instruments)
        self._on_sample = on_sample

    def take(self, runs: int) -> Sample:
        """Time `runs` runs of the subject, on an input of its own, as one."""
        self._on_sample()
        self._subject.next_input()
        if self._flush_caches is None:
            return self._watch(runs)
        alone = []
        for _ in range(runs):
            self._flush_caches()
            alone.append(self._watch(1))
        return _together(alone)

    def take_clean(self, runs: int, tries: int = 3) -> Sample:
        """Return the first undisturbed of a few samples, or the shortest of them where all were disturbed."""
        samples: list[Sample] = []
        while not samples or (samples[-1].is_disturbed and len(samples) < tries):
            samples.append(self.take(runs))
        return samples[-1] if not samples[-1].is_disturbed else min(samples, key=lambda sample: sample.duration_ns)

    def _watch(self, runs: int) -> Sample:
        """Time one window, and count what the kernel takes away meanwhile."""
        counters = self._counters
        switches_before, off_cpu_before = counters.involuntary_switches(), counters.off_cpu_ns()
        duration_ns, lost = self._window(runs), None
        off_cpu, switches = counters.off_cpu_ns(), counters.involuntary_switches() - switches_before
        if off_cpu is not None and off_cpu_before is not None and not self.is_self_timed:
            lost = off_cpu - off_cpu_before
        return Sample(duration_ns, runs, switches, lost, self._is_immune)


def _together(samples: Sequence[Sample]) -> Sample:
    """Return several samples, at least one, as one."""
    lost = [sample.off_cpu_ns for sample in samples if sample.off_cpu_ns is not None]
    return Sample(
        duration_ns=sum(sample.duration_ns for sample in samples),
        runs=sum(sample.runs for sample in samples),
        switches=sum(sample.switches for sample in samples),
        off_cpu_ns=sum(lost) if len(lost) == len(samples) else None,
        is_immune=samples[0].is_immune,
    )
