"""Limits: how many timed ops a latency model takes."""

from latency_service.contract.errors import InvalidInput

#: Fewer tell too little of their own scatter for an interval of 90 %.
LEAST_ROWS = 20
#: A larger table is represented by so many of its rows: a fit's time grows with their third power.
MOST_ROWS = 300


class TooFewRows(InvalidInput):
    """Fewer ops are timed than a latency model needs."""


def check_rows(rows: int) -> None:
    """Refuse too few rows.

    Raises:
        TooFewRows: There are fewer than LEAST_ROWS.
    """
    if rows < LEAST_ROWS:
        raise TooFewRows(f"{rows} op(s) are timed, and a latency model needs {LEAST_ROWS}")
