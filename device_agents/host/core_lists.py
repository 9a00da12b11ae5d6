"""Core lists: numbers of cores as Linux writes them, `0-3,8`."""

from collections.abc import Iterable


def parse_core_list(text: str | None) -> tuple[int, ...]:
    """Return the cores of a list such as `0-3,8`, in order; none of an absent one."""
    found: set[int] = set()
    for part in (text or "").replace(" ", ",").split(","):
        first, _, last = part.partition("-")
        if first.isdigit():
            found.update(range(int(first), int(last if last.isdigit() else first) + 1))
    return tuple(sorted(found))


def format_core_list(cores: Iterable[int]) -> str:
    """Return cores as a list such as `0-3,8`; of none, the empty text."""
    runs: list[list[int]] = []
    for core in sorted(cores):
        if runs and core == runs[-1][-1] + 1:
            runs[-1].append(core)
        else:
            runs.append([core])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
