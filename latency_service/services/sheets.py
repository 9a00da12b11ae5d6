"""Sheets: what a file of latencies says, row by row, before anybody has asked the database about it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import ImportRefused
from latency_service.contract.messages import Entry, RowRemark
from latency_service.contract.network import Workload

#: More than ten times what the largest search space needs.
MOST_ROWS = 250_000

_LONGEST_SHOWN = 120


@dataclass(frozen=True)
class SheetRow:
    """One row that can be an entry.

    Attributes:
        line: See RowRemark; so is `name`.
        workload: None for a network, of which a file has the key alone.
    """

    line: int
    name: str
    workload: Workload | None
    entry: Entry

    def remark(self, text: str) -> RowRemark:
        """Return a remark on this row."""
        return remark(self.line, self.name, text)


@dataclass(frozen=True)
class Facts:
    """What a file says of itself; None where it does not.

    Attributes:
        source: Where the values came from, if they had been imported before.
    """

    device: str | None = None
    conditions: Conditions | None = None
    source: str | None = None


@dataclass(frozen=True)
class Sheet:
    """A file's rows, those that cannot be entries with the reasons, and what it says of itself."""

    rows: tuple[SheetRow, ...]
    refused: tuple[RowRemark, ...]
    notes: tuple[RowRemark, ...] = ()
    facts: Facts = field(default_factory=Facts)

    @classmethod
    def of(
        cls, rows: Iterable[SheetRow | RowRemark], notes: Iterable[RowRemark] = (), facts: Facts | None = None
    ) -> "Sheet":
        """Sort rows from remarks on refused ones.

        Raises:
            ImportRefused: There are too many.
        """
        read = tuple(islice(rows, MOST_ROWS + 1))
        if len(read) > MOST_ROWS:
            raise ImportRefused(f"the file has more than {MOST_ROWS:,} rows; no table does")
        taken = tuple(row for row in read if isinstance(row, SheetRow))
        refused = tuple(row for row in read if isinstance(row, RowRemark))
        return cls(taken, refused, tuple(notes), facts or Facts())


def remark(line: int, name: str, text: str) -> RowRemark:
    """Return a remark on a row, whatever the row is called; what a terminal would obey is escaped."""
    shown = name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}..."
    return RowRemark(line=line, row=_printable(shown), remark=_printable(text))


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
