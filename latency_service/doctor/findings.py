"""Finding: one thing that was looked at, what it does to the service, and how to mend it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

#: `bad`: the service does not work, or may lose what it acknowledged. `warn`: something is stuck, or soon will be.
Severity = Literal["good", "warn", "bad", "unknown"]


class Finding(BaseModel):
    """What was found.

    Attributes:
        name: What was looked at.
        seen: What is the case.
        why: What it does; empty where nothing is wrong.
        mend: What to do about it, a command where there is one; empty where nothing is wrong.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    severity: Severity
    seen: str
    why: str = ""
    mend: str = ""


def good(name: str, seen: str) -> Finding:
    """Return the finding that nothing is wrong."""
    return Finding(name=name, severity="good", seen=seen)


def unknown(name: str, seen: str) -> Finding:
    """Return the finding that it cannot be told."""
    return Finding(name=name, severity="unknown", seen=seen)


def warn(name: str, seen: str, why: str, mend: str) -> Finding:
    """Return the finding that something is stuck, or soon will be."""
    return Finding(name=name, severity="warn", seen=seen, why=why, mend=mend)


def bad(name: str, seen: str, why: str, mend: str) -> Finding:
    """Return the finding that the service does not work, or may lose what it acknowledged."""
    return Finding(name=name, severity="bad", seen=seen, why=why, mend=mend)
