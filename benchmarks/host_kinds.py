"""The kinds of simulated hosts on which the stopwatch's intervals are put to the test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulated_hosts import SimulatedHost, SimulatedSubject
from device_agents.stopwatch.instruments import TimerFacts

Floats = NDArray[np.float64]
Generator = np.random.Generator
Shape = tuple[int, ...]
#: Draws the factors by which so many runs take longer than a run at its best, shape as asked.
Noise = Callable[[Generator, Shape], Floats]
#: Draws a history of the machine: by which factor it is slower at a moment.
History = Callable[[Generator], Callable[[int], float]]

_BLOCK = 512
_LONG_SERIES = 400_000
_S = 1_000_000_000


def steady(generator: Generator) -> Callable[[int], float]:
    """Return the history of a machine that keeps its speed."""
    return lambda now_ns: 1.0


@dataclass(frozen=True)
class HostKind:
    """A kind of host.

    Attributes:
        is_stationary: Its interval must cover the truth as often as it says; else `ok` must not be far off.
        run_ns: How long runs take at their best: one op each, measured side by side.
        resolution_ns: The clock's step.
        drift_a_second: By which share the machine grows slower every second.
        shows_steal: The hypervisor causes the slow spells, and the host shows it.
        preempted_share: Share of runs during which, while the machine is slow, the CPU is visibly taken away.
    """

    name: str
    is_stationary: bool
    noise: Noise
    history: History = steady
    run_ns: tuple[int, ...] = (1_300_000, 1_500_000, 1_800_000, 2_200_000, 2_700_000, 3_500_000, 5_000_000, 9_000_000)
    resolution_ns: int = 1
    drift_a_second: float = 0.0
    shows_steal: bool = False
    preempted_share: float = 0.0

    def host(self, generator: Generator) -> SimulatedHost:
        """Return a host of this kind with a history of its own."""
        history, drift = self.history(generator), self.drift_a_second
        timer = TimerFacts(cost_ns=40, resolution_ns=self.resolution_ns)
        return SimulatedHost(
            resolution_ns=self.resolution_ns,
            slowness=lambda now_ns: history(now_ns) * (1 + drift * now_ns / _S),
            timer=timer,
            steals=self.shows_steal,
        )

    def subject(self, host: SimulatedHost, run_ns: int, generator: Generator) -> SimulatedSubject:
        """Return an op on a host of this kind."""
        factors = self._factors(generator)

        def preempted_ns(run: int) -> int:
            is_hit = host.slowness(host.true_ns) > 1 and generator.random() < self.preempted_share
            return 4_000_000 if is_hit else 0

        subject = SimulatedSubject(host, lambda run: run_ns * next(factors))
        if self.preempted_share:
            subject.preempted_ns = preempted_ns
        return subject

    def truth(self, loops: int, moment_s: float) -> float:
        """Return the median of undisturbed samples of so many runs, as a factor of a run at its best.

        On a drifting machine that of samples in the middle of the measurement, `moment_s` after the start.
        """
        return _long_series_median(self.noise, loops) * (1 + self.drift_a_second * moment_s)

    def _factors(self, generator: Generator) -> Iterator[float]:
        while True:
            yield from self.noise(generator, (_BLOCK,)).tolist()


@cache
def _long_series_median(noise: Noise, loops: int) -> float:
    generator = np.random.default_rng(0)
    samples = np.concatenate([noise(generator, (_BLOCK, loops)).mean(axis=1) for _ in range(_LONG_SERIES // _BLOCK)])
    return float(np.median(samples))


def gaussian(sigma: float) -> Noise:
    """Return normal noise of that relative deviation."""
    return lambda generator, shape: np.maximum(generator.normal(1.0, sigma, shape), 0.05)


def log_normal(sigma: float) -> Noise:
    """Return noise with a heavy upper tail."""
    return lambda generator, shape: np.exp(generator.normal(0.0, sigma, shape))


def exponential(mean: float) -> Noise:
    """Return noise that only ever adds, most often little."""
    return lambda generator, shape: np.add(generator.exponential(mean, shape), 1)


def half_cauchy(scale: float) -> Noise:
    """Return noise without a mean."""
    return lambda generator, shape: 1 + scale * np.minimum(np.abs(generator.standard_cauchy(shape)), 1e4)


def spiked(share: float, factor: float) -> Noise:
    """Return quiet noise of which a share of the runs takes several times as long."""

    def draw(generator: Generator, shape: Shape) -> Floats:
        spikes = np.where(generator.random(shape) < share, factor, 1.0)
        return np.multiply(generator.normal(1.0, 0.01, shape), spikes)

    return draw


def bursts(on_s: float, off_s: float, factor: float) -> History:
    """Return a neighbour that wakes up: slow and undisturbed spells of exponential length, in turn."""

    def draw(generator: Generator) -> Callable[[int], float]:
        is_on, until_ns = bool(generator.random() < on_s / (on_s + off_s)), 0.0

        def slowness(now_ns: int) -> float:
            nonlocal is_on, until_ns
            while now_ns >= until_ns:
                is_on = not is_on
                until_ns += generator.exponential(on_s if is_on else off_s) * _S
            return factor if is_on else 1.0

        return slowness

    return draw


def throttling(factor: float, within_s: float, for_s: float = float("inf")) -> History:
    """Return a machine that falls to a lower clock at some moment, for a while or for good."""

    def draw(generator: Generator) -> Callable[[int], float]:
        start_ns = generator.uniform(0, within_s) * _S
        return lambda now_ns: factor if start_ns <= now_ns < start_ns + for_s * _S else 1.0

    return draw


LONG = (20_000_000, 35_000_000, 60_000_000, 110_000_000)

KINDS = (
    HostKind("normal noise, 0.2 %", True, gaussian(0.002)),
    HostKind("normal noise, 1 %", True, gaussian(0.01)),
    HostKind("normal noise, 3 %", True, gaussian(0.03)),
    HostKind("normal noise, 10 %", True, gaussian(0.1)),
    HostKind("log-normal, 5 %", True, log_normal(0.05)),
    HostKind("log-normal, 30 %", True, log_normal(0.3), run_ns=(4_000_000, 6_000_000, 8_000_000, 12_000_000)),
    HostKind("exponential tail, 5 %", True, exponential(0.05)),
    HostKind("half-Cauchy tail, 1 %", True, half_cauchy(0.01)),
    HostKind("every 20th run takes thrice as long", True, spiked(0.05, 3.0)),
    HostKind("small ops, exponential tail, 20 %", True, exponential(0.2), run_ns=(60_000, 90_000, 130_000, 200_000)),
    HostKind("clock of 1 us, 1 % noise", True, gaussian(0.01), resolution_ns=1_000),
    HostKind("clock of 100 us, no noise", False, gaussian(0.0), resolution_ns=100_000),
    HostKind("clock of 15.6 ms, no noise", False, gaussian(0.0), run_ns=LONG, resolution_ns=15_600_000),
    HostKind("clock of 15.6 ms, 3 % noise", False, gaussian(0.03), run_ns=LONG, resolution_ns=15_600_000),
    HostKind("two levels, 10 % apart, by the run", False, spiked(0.4, 1.1)),
    HostKind("two levels, 10 % apart, 30 ms each", False, gaussian(0.01), bursts(0.03, 0.03, 1.1)),
    HostKind("flicker of 5 % for 0.1 of 0.3 s", False, gaussian(0.01), bursts(0.1, 0.2, 1.05)),
    HostKind("neighbour for 20 of 100 ms, +30 %", False, gaussian(0.01), bursts(0.02, 0.08, 1.3)),
    HostKind("neighbour for 0.2 of 0.6 s, +25 %", False, gaussian(0.01), bursts(0.2, 0.4, 1.25)),
    HostKind("hypervisor takes 10 of 80 ms, seen", False, gaussian(0.01), bursts(0.01, 0.07, 4.0), shows_steal=True),
    HostKind("neighbour that preempts", False, gaussian(0.01), bursts(0.05, 0.15, 1.1), preempted_share=0.7),
    HostKind("drift, 1 % a second", False, gaussian(0.01), drift_a_second=0.01),
    HostKind("drift, 10 % a second", False, gaussian(0.01), drift_a_second=0.1),
    HostKind("throttled by 30 % for good", False, gaussian(0.01), throttling(1.3, within_s=1.0)),
    HostKind("throttled by 30 % for 0.3 s", False, gaussian(0.01), throttling(1.3, within_s=1.0, for_s=0.3)),
)
