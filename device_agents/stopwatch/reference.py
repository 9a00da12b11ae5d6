"""ReferenceOp: one op read again and again, to see whether the machine keeps its speed."""

import math
import statistics
from collections.abc import Callable

from device_agents.failures import failure_from
from device_agents.runtimes.base import DeviceAway
from device_agents.stopwatch.inner_loop import calibrate
from device_agents.stopwatch.instruments import Instruments
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.sample import Sampler
from device_agents.stopwatch.subject import Subject
from device_agents.stopwatch.warmup import warm_up
from latency_service.contract.device import Fact
from latency_service.contract.summary import quantile

#: Readings that lie further from the level than so many of their standard errors are not noise.
_NOISE_FACTOR = 4.0
#: The standard error of a median of normal samples is this much above their standard deviation over root n.
_MEDIAN_FACTOR = math.sqrt(math.pi / 2)
#: From the median distance of a few samples to their own median, to the standard deviation.
_SPREAD_FACTOR = 1.5
_LEVEL_QUANTILE = 0.25


class ReferenceOp:
    """Reads the machine's speed between rounds. Its readings void rounds; nothing is ever divided by them.

    The session's level is the fastest that a quarter of the readings so far has kept, and it never rises: neighbours,
    heat and power limits only ever slow a machine down. Rounds of one that stays slow are off speed for the rest of the
    session, so that what is measured then ends `noisy`: the slower level is never called the machine's own.

    Tried, does not work: the median of all readings (a throttled machine becomes the level halfway through a session);
    the first reading (a neighbour that is there at the start becomes it); the fastest (sinks with their number).

    Args:
        load: Loads the op.
        name: What measurements call it.
        rules: The protocol's numbers.
        instruments: Clock and counters.
        on_sample: Told of each sample, outside the timed window.

    Source: LAVA, health checks.
    """

    def __init__(
        self,
        load: Callable[[], Subject],
        name: str,
        rules: TimingRules,
        instruments: Instruments,
        on_sample: Callable[[], None] = lambda: None,
    ) -> None:
        self.readings_ms: list[float] = []
        self._name = name
        self._rules = rules
        self._instruments = instruments
        self._on_sample = on_sample
        self._clock = instruments.clock
        self._level_ms = math.inf
        self._tolerance = rules.speed_tolerance
        self._distances: list[float] = []
        self._read_at_ns = self._cost_ns = 0
        self._absence: str | None = None
        self._attempt(lambda: self._prepare(load()))

    @property
    def facts(self) -> dict[str, Fact]:
        """Which op it is; or that there is none, and why."""
        if self._absence is None:
            return {"reference_op": self._name}
        return {"reference_op": None, "reference_absent": self._absence}

    def read(self) -> None:
        """Take a reading, unless the op is absent."""
        if self._absence is None:
            self._attempt(self._read)

    def read_if_due(self) -> None:
        """Take a reading if enough time has passed since the last."""
        pause_s = max(self._rules.reference_every_s, self._cost_ns / 1e9 / self._rules.reference_max_share)
        if self._clock.now_ns() - self._read_at_ns >= pause_s * 1e9:
            self.read()

    def has_closed(self, readings_before: int) -> bool:
        """Say whether a round that began after so many readings is followed by one."""
        return self._absence is not None or len(self.readings_ms) > readings_before

    def shift(self, readings_before: int) -> float:
        """Return by which share the machine was off its level around a round, or 0 within the tolerance.

        Whether it was is told by the mean of the readings before and after, by how much by the one further off.
        """
        around = self.readings_ms[max(0, readings_before - 1) : readings_before + 1]
        shifts = [reading / self._level_ms - 1 for reading in around]
        if not shifts or abs(statistics.fmean(shifts)) <= self._tolerance:
            return 0.0
        return max(shifts, key=abs)

    def _prepare(self, subject: Subject) -> None:
        self._sampler = Sampler(subject, self._instruments, self._on_sample)
        first_loops = calibrate(self._sampler, self._rules, self._instruments)
        warm_up(self._sampler, first_loops, self._rules, self._clock)
        self._loops = calibrate(self._sampler, self._rules, self._instruments)

    def _read(self) -> None:
        start_ns = self._clock.now_ns()
        self._sampler.take(self._loops)  # untimed: it brings the caches back
        taken = [self._sampler.take_clean(self._loops) for _ in range(self._rules.reference_samples)]
        samples = [sample.ms_per_run for sample in taken if not sample.is_disturbed]
        samples = samples or [min(sample.ms_per_run for sample in taken)]  # preempted is not slow
        reading = statistics.median(samples)
        self.readings_ms.append(reading)
        self._distances += sorted(abs(sample / reading - 1) for sample in samples)[1:]  # but the median's own
        self._level_ms = min(self._level_ms, quantile(sorted(self.readings_ms), _LEVEL_QUANTILE))
        spread = _SPREAD_FACTOR * statistics.median(self._distances or [0.0])
        noise = _MEDIAN_FACTOR * spread / math.sqrt(self._rules.reference_samples)
        self._tolerance = max(self._rules.speed_tolerance, _NOISE_FACTOR * noise)
        self._read_at_ns = self._clock.now_ns()
        self._cost_ns = self._read_at_ns - start_ns

    def _attempt(self, step: Callable[[], None]) -> None:
        """Take a step; where the op fails, measurements go on without it and say so."""
        try:
            step()
        except DeviceAway:
            raise
        except Exception as error:  # a runtime may raise anything
            self._absence = failure_from(error).message
