"""A host whose time is only simulated: its clock, its counters, and subjects that take as long as they are told to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from device_agents.stopwatch.instruments import HostTimes, Instruments, make_instruments
from latency_service.contract.device import Fact

MS = 1_000_000
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class SimulatedHost:
    """Time passes when a subject runs, and a little when the clock is read."""

    resolution_ns: int = 1
    read_cost_ns: int = 40
    foreign_load: float = 0.0
    steal_share: float = 0.0
    mhz: float | None = None
    shows_times: bool = True
    true_ns: int = 0
    switches: int = 0
    lost_ns: int = 0
    shows_off_cpu: bool = True

    def now_ns(self) -> int:
        self.true_ns += self.read_cost_ns
        return self.true_ns // self.resolution_ns * self.resolution_ns

    def now_utc(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.true_ns / 1000)

    def involuntary_switches(self) -> int:
        return self.switches

    def off_cpu_ns(self) -> int | None:
        return self.lost_ns if self.shows_off_cpu else None

    def host_times(self) -> HostTimes | None:
        seconds = self.true_ns / 1e9
        return HostTimes(self.foreign_load * seconds, self.steal_share * seconds) if self.shows_times else None

    def clock_mhz(self) -> float | None:
        return self.mhz

    def instruments(self) -> Instruments:
        return make_instruments(self, self)


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
        self.host.true_ns += self.input_ns
        self.log.append("input")

    def run(self) -> None:
        self.host.true_ns += max(1, round(self.duration_ns(self.runs)))
        taken = self.preempted_ns(self.runs)
        self.host.true_ns += taken
        self.host.lost_ns += taken
        self.host.switches += bool(taken)
        self.runs += 1
        self.log.append(self.name)

    def synchronize(self) -> None:
        self.log.append("synchronize")
