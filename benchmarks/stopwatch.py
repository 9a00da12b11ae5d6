"""The stopwatch on simulated hosts: how often its interval covers the truth, and what it says where it cannot."""

import random
import statistics
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.host_kinds import KINDS, HostKind
from benchmarks.simulated_hosts import EPOCH, SimulatedSubject
from device_agents.stopwatch.reference import ReferenceOp
from device_agents.stopwatch.rounds import measure_interleaved
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.series import Outcome
from latency_service.contract.measurement import Measurement

RULES = TimingRules()
_REFERENCE_NS = 500_000


@dataclass(frozen=True)
class Trial:
    """One simulated measurement held against the truth.

    Attributes:
        verdict: Its verdict, or `failed`.
        is_covered: The interval holds the undisturbed median.
        relative_ci: Half the interval's width, as a share of the median.
    """

    verdict: str
    is_covered: bool
    relative_ci: float


@dataclass(frozen=True)
class Account:
    """All trials on one kind of host."""

    kind: HostKind
    trials: tuple[Trial, ...]

    def share(self, *verdicts: str) -> float:
        """Return the share of trials that ended with one of the verdicts."""
        return sum(trial.verdict in verdicts for trial in self.trials) / len(self.trials)

    @property
    def coverage(self) -> float:
        """The share of intervals that hold the truth, among trials that have one."""
        measured = [trial.is_covered for trial in self.trials if trial.verdict != "failed"]
        return sum(measured) / len(measured) if measured else float("nan")

    @property
    def misled(self) -> float:
        """The share of trials that were called `ok` and do not hold the truth."""
        return sum(trial.verdict == "ok" and not trial.is_covered for trial in self.trials) / len(self.trials)

    @property
    def relative_ci(self) -> float:
        """The median over the trials that have an interval."""
        return statistics.median([t.relative_ci for t in self.trials if t.verdict != "failed"] or [float("nan")])


def coverage(console: Console, simulations: int) -> None:
    """Print the table: a row a kind of host, so many simulated measurements each."""
    table = Table(title=f"{simulations} simulated measurements a host, nominal level 95 %")
    for column in ("host", "interval covers", "ok", "noisy", "unfit", "median +-CI", "ok, yet outside"):
        table.add_column(column, justify="left" if column == "host" else "right")
    for kind in track(KINDS, description="simulating", console=console):
        account = simulate(kind, simulations)
        shares = (account.share("ok"), account.share("noisy"), account.share("unfit", "failed"))
        covers = f"{account.coverage:.1%}" if kind.is_stationary else f"({account.coverage:.1%})"
        percents = [f"{share:.1%}" for share in shares]
        table.add_row(kind.name, covers, *percents, f"{account.relative_ci:.2%}", f"{account.misled:.1%}")
    console.print(table)
    console.print("In brackets: hosts whose speed changes or whose clock is coarse; there `ok, yet outside` counts.")


def simulate(kind: HostKind, simulations: int, rules: TimingRules = RULES) -> Account:
    """Measure ops on fresh hosts of a kind, a few side by side, until there are so many trials."""
    generator = np.random.default_rng(zlib.crc32(kind.name.encode()))
    trials: list[Trial] = []
    while len(trials) < simulations:
        trials.extend(_session(kind, rules, generator))
    return Account(kind, tuple(trials[:simulations]))


def _session(kind: HostKind, rules: TimingRules, generator: np.random.Generator) -> Iterator[Trial]:
    host = kind.host(generator)
    instruments = host.instruments()
    subjects = {run_ns: kind.subject(host, run_ns, generator) for run_ns in kind.run_ns}

    def load_reference() -> SimulatedSubject:
        return kind.subject(host, _REFERENCE_NS, generator)

    reference = ReferenceOp(load_reference, "reference", rules, instruments)
    rng = random.Random(int(generator.integers(2**32)))
    for run_ns, outcome in measure_interleaved(subjects, rules, instruments, rng, reference=reference):
        yield _trial(kind, run_ns, host.read_cost_ns, outcome)


def _trial(kind: HostKind, run_ns: int, read_cost_ns: int, outcome: Outcome) -> Trial:
    if not isinstance(outcome, Measurement):
        return Trial("failed", is_covered=False, relative_ci=float("nan"))
    summary, loops = outcome.summary, outcome.inner_loops
    middle = outcome.started_at + (outcome.finished_at - outcome.started_at) / 2
    truth_ms = (run_ns * kind.truth(loops, (middle - EPOCH).total_seconds()) + read_cost_ns / loops) / 1e6
    return Trial(outcome.verdict, summary.ci_low_ms <= truth_ms <= summary.ci_high_ms, summary.relative_ci)
