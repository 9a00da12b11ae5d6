"""Cores: where the child measures, and where its supervisor keeps out of the way."""

import os
import sys

from latency_service.contract.errors import InvalidInput


def allowed_cores() -> tuple[int, ...]:
    """Return the cores that this process may run on, in order; empty where the host cannot pin."""
    return tuple(sorted(os.sched_getaffinity(0))) if sys.platform == "linux" else ()


def choose_cores(allowed: tuple[int, ...], wanted: tuple[int, ...], threads: int) -> tuple[int, ...]:
    """Return the cores to measure on, as many as threads: the last of those wanted, or else of those allowed.

    The last ones, because the first core of a host serves most interrupts.

    Raises:
        InvalidInput: A wanted core is not allowed, or there are fewer cores than threads.
    """
    if not allowed:
        return ()
    if not set(wanted) <= set(allowed):
        raise InvalidInput(f"cores {_text(wanted)} were asked for, but this process may use {_text(allowed)} only")
    pool = tuple(sorted(set(wanted))) or allowed
    if threads > len(pool):
        raise InvalidInput(f"{threads} threads need as many cores, and there are {len(pool)}: {_text(pool)}")
    return pool[-threads:]


def pin(cores: tuple[int, ...]) -> None:
    """Bind this process to cores; none where the host cannot pin."""
    if cores and sys.platform == "linux":
        os.sched_setaffinity(0, cores)


def leave_to_child(measuring: tuple[int, ...]) -> None:
    """Move this process off the cores that its child measures on, where it may use any other."""
    others = set(allowed_cores()) - set(measuring)
    if others and sys.platform == "linux":
        os.sched_setaffinity(0, others)


def _text(cores: tuple[int, ...]) -> str:
    return ",".join(map(str, cores))
