"""Tally: what a fault storm did, and what came of it."""

from collections import Counter
from dataclasses import dataclass, field

from rich.table import Table

from tests.faults.rig import LEASE_S


@dataclass
class Tally:
    """What the storm did, and what came of it; all but the first four are to be 0.

    Attributes:
        faults: How often each kind of fault struck.
        asked: Jobs asked for.
        late: Measurements kept as observations, because their lease had ended.
        longest_wait_s: For how long jobs lay with dead agents, at worst.
        stuck: Times when that was longer than twice a lease, or that a profile did not end in good weather.
        lost: Workloads without an entry, and results in a spool that never reached the service.
        failed: Workloads given up.
        twice: Workloads counted twice.
        refused: Results that the service did not take.
        gave_up: Agents that ended by themselves.
        last_words: What these said last.
    """

    faults: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    late: int = 0
    longest_wait_s: float = 0.0
    stuck: int = 0
    lost: int = 0
    failed: int = 0
    twice: int = 0
    refused: int = 0
    gave_up: int = 0
    last_words: list[str] = field(default_factory=list)

    @property
    def violations(self) -> dict[str, int]:
        """What is to be 0."""
        names = ("stuck", "lost", "failed", "twice", "refused", "gave_up")
        return {name: getattr(self, name) for name in names}


def tally_table(tally: Tally, seconds: float, seed: int) -> Table:
    """Return the tally for people."""
    table = Table(title=f"Fault storm of {seconds / 60:.1f} minutes, seed {seed}", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, count in sorted(tally.faults.items()):
        table.add_row(name, str(count))
    table.add_section()
    table.add_row("jobs asked for", str(tally.asked))
    table.add_row("observations besides, late for their lease", str(tally.late))
    table.add_row("longest wait for a dead agent's jobs", f"{tally.longest_wait_s:.1f} s, lease {LEASE_S:g} s")
    table.add_section()
    for name, count in tally.violations.items():
        table.add_row(name.replace("_", " "), str(count), style="bold red" if count else "green")
    return table
