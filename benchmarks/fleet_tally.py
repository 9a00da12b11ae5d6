"""FleetTally: what a fleet's requests were answered and how fast, and whether any result was lost or doubled."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from rich.table import Table
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from latency_service.contract.summary import quantile
from latency_service.repositories.bulk import chunks
from latency_service.tables import Job, Measurement


@dataclass
class FleetTally:
    """What agents and requesters saw.

    Attributes:
        times_ms: Of every answered request, by kind.
        errors: Answers that should not have been and requests without one, by kind and what it was.
        accepted: The job of every result that the service acknowledged, by the result's id.
        jobs: How often each job was acknowledged.
    """

    times_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    accepted: dict[str, str] = field(default_factory=dict)
    jobs: Counter[str] = field(default_factory=Counter)

    def accept(self, result_id: str, job_id: str) -> None:
        """Note that the service acknowledged a result."""
        self.accepted[result_id] = job_id
        self.jobs[job_id] += 1


@dataclass(frozen=True)
class Books:
    """What the database says of it; the first four are to be 0.

    Attributes:
        lost: Acknowledged results that are not there.
        doubled: Jobs that were acknowledged, or count, more than once.
        unfinished: Jobs that have not ended.
        failed: Jobs that were given up.
    """

    lost: int
    doubled: int
    unfinished: int
    failed: int
    measurements: int
    size_bytes: int

    @property
    def are_right(self) -> bool:
        """Whether nothing is amiss."""
        return not (self.lost or self.doubled or self.unfinished or self.failed)


def read_books(session: Session, tally: FleetTally) -> Books:
    """Hold what agents saw against what a PostgreSQL database holds."""
    by_state = dict(session.execute(select(Job.state, func.count()).group_by(Job.state)).tuples().all())
    counted = session.scalar(select(func.count()).where(Measurement.leased)) or 0
    acknowledged_twice = sum(times - 1 for times in tally.jobs.values())
    return Books(
        lost=_lost(session, tally.accepted),
        doubled=acknowledged_twice + max(0, counted - by_state.get("succeeded", 0)),
        unfinished=by_state.get("queued", 0) + by_state.get("leased", 0),
        failed=by_state.get("failed", 0),
        measurements=counted,
        size_bytes=session.scalar(text("SELECT pg_database_size(current_database())")) or 0,
    )


def requests_table(tally: FleetTally, title: str) -> Table:
    """Return the requests by kind, for people."""
    table = Table("request", title=title)
    for column in ("count", "errors", "p50, ms", "p95, ms", "p99, ms", "longest, ms"):
        table.add_column(column, justify="right")
    for kind, times in sorted(tally.times_ms.items()):
        ordered = sorted(times)
        errors = sum(number for (of, _), number in tally.errors.items() if of == kind)
        shares = (quantile(ordered, share) for share in (0.5, 0.95, 0.99, 1.0))
        table.add_row(kind, f"{len(ordered):,}", str(errors), *(f"{value:.1f}" for value in shares))
    return table


def books_table(books: Books) -> Table:
    """Return what the database says, for people."""
    table = Table(show_header=False, title="Books")
    for name in ("lost", "doubled", "unfinished", "failed"):
        number = getattr(books, name)
        table.add_row(name, str(number), style="bold red" if number else "green")
    table.add_row("measurements", f"{books.measurements:,}")
    table.add_row("database", f"{books.size_bytes / 2**20:,.1f} MiB")
    return table


def _lost(session: Session, result_ids: Collection[str]) -> int:
    found = 0
    for chunk in chunks(result_ids):
        found += session.scalar(select(func.count()).where(Measurement.id.in_(chunk))) or 0
    return len(result_ids) - found
