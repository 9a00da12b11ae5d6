"""Sample: some runs of a subject between two readings of the clock."""

from dataclasses import dataclass

from device_agents.stopwatch.instruments import Instruments
from device_agents.stopwatch.subject import Subject

#: A sample that lost no more than this share of its time to others counts as undisturbed: a long sample is hardly ever
#: left alone altogether, and half a percent is below the interval that a series ends with.
TOLERABLE_LOSS = 0.005


@dataclass(frozen=True)
class Sample:
    """How long `runs` runs took together, and what the kernel took away meanwhile.

    Attributes:
        switches: How often the CPU was taken away.
        off_cpu_ns: For how long, or None where that cannot be told.
    """

    duration_ns: int
    runs: int
    switches: int
    off_cpu_ns: int | None = None

    @property
    def is_disturbed(self) -> bool:
        """Say whether something else had the CPU during the sample, for longer than can be tolerated."""
        if self.switches == 0:
            return False
        return self.off_cpu_ns is None or self.off_cpu_ns > TOLERABLE_LOSS * self.duration_ns

    @property
    def ms_per_run(self) -> float:
        """Milliseconds a run; a clock too coarse to see the runs counts as one nanosecond."""
        return max(1, self.duration_ns) / self.runs / 1e6


def take_sample(subject: Subject, runs: int, instruments: Instruments) -> Sample:
    """Time `runs` runs of the subject, on an input of its own, as one."""
    run, clock, counters = subject.run, instruments.clock, instruments.counters
    subject.next_input()
    switches_before, off_cpu_before = counters.involuntary_switches(), counters.off_cpu_ns()
    start = clock.now_ns()
    for _ in range(runs):
        run()
    subject.synchronize()
    duration = clock.now_ns() - start
    off_cpu, switches = counters.off_cpu_ns(), counters.involuntary_switches() - switches_before
    lost = None if off_cpu is None or off_cpu_before is None else off_cpu - off_cpu_before
    return Sample(duration, runs, switches, lost)


def take_clean_sample(subject: Subject, runs: int, instruments: Instruments, tries: int = 3) -> Sample:
    """Return the first undisturbed of a few samples, or the shortest of them where all were disturbed."""
    samples: list[Sample] = []
    while not samples or (samples[-1].is_disturbed and len(samples) < tries):
        samples.append(take_sample(subject, runs, instruments))
    return samples[-1] if not samples[-1].is_disturbed else min(samples, key=lambda sample: sample.duration_ns)
