"""Hosts whose time is only simulated: clock, counters, noise and neighbours; and subjects that run on them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from device_agents.stopwatch.instruments import HostTimes, Instruments, TimerFacts, make_instruments
from device_agents.stopwatch.subject import Readings
from latency_service.contract.device import Fact

MS = 1_000_000
_TICK_NS = 10 * MS
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class SimulatedHost:
    """Time passes when a subject runs, and a little when the clock is read.

    Attributes:
        slowness: By which factor runs take longer at a moment (nanoseconds since the start, ever growing).
        true_ns: The time, which the clock shows in steps of `resolution_ns`.
        timer: What reading the clock costs, where it need not be found out anew.
        steals: Whether the host shows, in ticks, that the hypervisor causes its slowness.
        lost_ns: For how long the CPU was taken away; `switches`: how often.
        stolen_ns: What the hypervisor kept, beside the steady `steal_share`.
    """

    resolution_ns: int = 1
    read_cost_ns: int = 40
    foreign_load: float = 0.0
    steal_share: float = 0.0
    sibling_load: float | None = None
    mhz: float | None = None
    celsius: float | None = None
    shows_times: bool = True
    shows_off_cpu: bool = True
    slowness: Callable[[int], float] = lambda now_ns: 1.0
    timer: TimerFacts | None = None
    steals: bool = False
    true_ns: int = 0
    switches: int = 0
    lost_ns: int = 0
    stolen_ns: int = 0

    def now_ns(self) -> int:
        """Read the clock."""
        self.true_ns += self.read_cost_ns
        return self.true_ns // self.resolution_ns * self.resolution_ns

    def now_utc(self) -> datetime:
        """Return the date."""
        return EPOCH + timedelta(microseconds=self.true_ns / 1000)

    def involuntary_switches(self) -> int:
        """Return how often the CPU was taken away."""
        return self.switches

    def off_cpu_ns(self) -> int | None:
        """Return for how long."""
        return self.lost_ns if self.shows_off_cpu else None

    def host_times(self) -> HostTimes | None:
        """Return what others took."""
        if not self.shows_times:
            return None
        seconds = self.true_ns / 1e9
        sibling_s = None if self.sibling_load is None else self.sibling_load * seconds
        return HostTimes(
            self.foreign_load * seconds,
            self.steal_share * seconds + self.stolen_ns // _TICK_NS * _TICK_NS / 1e9,
            sibling_s,
        )

    def readings(self) -> Readings:
        """Return what the core shows."""
        return Readings(self.mhz, self.celsius)

    def instruments(self, flush_caches: Callable[[], None] | None = None) -> Instruments:
        """Return the host's clock and counters as the stopwatch sees them."""
        if self.timer is not None:
            return Instruments(self, self, self.timer, flush_caches)
        return make_instruments(self, self, flush_caches)


@dataclass
class SimulatedSubject:
    """Takes `duration_ns(run number)` a run; `preempted_ns(run number)` more, and a switch, where that is not 0."""

    host: SimulatedHost
    duration_ns: Callable[[int], float]
    preempted_ns: Callable[[int], int] = lambda run: 0
    runs: int = 0
    input_ns: int = 0
    facts: dict[str, Fact] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    name: str = "subject"

    def next_input(self) -> None:
        """Take time outside the timed window."""
        self.host.true_ns += self.input_ns
        self.log.append("input")

    def run(self) -> None:
        """Let time pass."""
        host = self.host
        undisturbed_ns = self.duration_ns(self.runs)
        slowed_ns = undisturbed_ns * host.slowness(host.true_ns)
        host.true_ns += max(1, round(slowed_ns))
        if host.steals:
            host.stolen_ns += round(slowed_ns - undisturbed_ns)
        taken = self.preempted_ns(self.runs)
        if taken:
            host.true_ns += taken
            host.lost_ns += taken
            host.switches += 1
        self.runs += 1
        self.log.append(self.name)

    def synchronize(self) -> None:
        """Note that it was called."""
        self.log.append("synchronize")
