"""Side by side: our protocol, fixed loops and torch's autorange on the same ops, in several fresh processes each.

Of every protocol: the time it spends an op, how far its values spread between processes, and how far they lie from a
long quiet reference, which is the median over all processes of one second an op, interleaved. A machine whose speed
differs from minute to minute moves all ops of a process alike, whatever the protocol: so the spread is also
given with each process's common factor (the median of its ops' ratios to the reference) taken out.
"""

import statistics
from collections.abc import Iterable

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.protocols import AUTORANGE, FIXED, OURS, QUIET, Account, Order, in_fresh_process
from device_agents.host.cores import allowed_cores, choose_cores, leave_to_child
from latency_service.contract.keys import format_key
from latency_service.contract.summary import quantile
from search_client.spaces.registry import make_space

PROTOCOLS = (OURS, *FIXED, AUTORANGE)


def run(space: str, runtimes: tuple[str, ...], processes: int, ops: int, console: Console) -> None:
    """Print a table a runtime."""
    keys = _spread_out([format_key(op) for op in make_space(space).ops()], ops)
    cores = choose_cores(allowed_cores(), (), 1)
    leave_to_child(cores)
    for runtime in runtimes:
        orders = [
            Order(runtime=runtime, ops=keys, protocols=(*PROTOCOLS, QUIET), cores=cores, seed=seed)
            for seed in range(processes)
        ]
        accounts = [in_fresh_process(order) for order in track(orders, description=runtime, console=console)]
        console.print(_table(runtime, keys, accounts))
    console.print("Each cell: median / 90th percentile over the ops (spread) or over ops and processes (error).")


def _table(runtime: str, keys: tuple[str, ...], accounts: list[Account]) -> Table:
    table = Table(title=f"{runtime}: {len(keys)} ops, {len(accounts)} fresh processes, one core")
    for column in ("protocol", "seconds an op", "against ours", "spread", "common factor removed", "error"):
        table.add_column(column, justify="left" if column == "protocol" else "right")
    quiet = {key: statistics.median(account.latency_ms[QUIET][key] for account in accounts) for key in keys}
    ours_s = _seconds_an_op(accounts, OURS, keys)
    for protocol in PROTOCOLS:
        seconds = _seconds_an_op(accounts, protocol, keys)
        values = {key: [account.latency_ms[protocol][key] for account in accounts] for key in keys}
        factors = [
            statistics.median(account.latency_ms[protocol][key] / quiet[key] for key in keys) for account in accounts
        ]
        steadied = [[value / factor for value, factor in zip(found, factors, strict=True)] for found in values.values()]
        spreads, remaining = _variations(values.values()), _variations(steadied)
        errors = [abs(value / quiet[key] - 1) for key, found in values.items() for value in found]
        table.add_row(
            protocol, f"{seconds:.3f}", f"{seconds / ours_s:.1f} x", *map(_shares, (spreads, remaining, errors))
        )
    return table


def _seconds_an_op(accounts: list[Account], protocol: str, keys: tuple[str, ...]) -> float:
    return statistics.median(account.seconds[protocol] for account in accounts) / len(keys)


def _variations(values: Iterable[list[float]]) -> list[float]:
    """Return the coefficient of variation of each op's values."""
    return [statistics.stdev(found) / statistics.fmean(found) for found in values]


def _shares(values: Iterable[float]) -> str:
    ordered = sorted(values)
    return f"{quantile(ordered, 0.5):.1%} / {quantile(ordered, 0.9):.1%}"


def _spread_out(keys: list[str], count: int) -> tuple[str, ...]:
    """Return so many keys from all over the space's list."""
    return tuple(keys[index * len(keys) // count] for index in range(min(count, len(keys))))
