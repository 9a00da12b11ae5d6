"""Finding: one thing that was looked at, what it means for timings, and how to mend it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

#: `bad`: no table of this host can be trusted. `warn`: its timings spread more than they need.
Severity = Literal["good", "warn", "bad", "unknown"]


class Finding(BaseModel):
    """What was found.

    Attributes:
        name: What was looked at.
        seen: What is the case.
        why: What it does to timings; empty where nothing is wrong.
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


def unknown(name: str, seen: str = "the host does not show it") -> Finding:
    """Return the finding that it cannot be told."""
    return Finding(name=name, severity="unknown", seen=seen)
