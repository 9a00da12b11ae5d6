"""Writing: what comes of writing a snapshot in a format that may not be able to say all of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LeftOut:
    """An entry that a format cannot express, and why."""

    workload: str
    reason: str


@dataclass(frozen=True)
class Written:
    """A file, and what is not in it."""

    content: bytes
    left_out: tuple[LeftOut, ...] = ()
