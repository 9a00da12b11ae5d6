"""What a person must be told of a table before its numbers are believed."""

from rich.text import Text

from search_client.commands.console import stderr
from search_client.latency.table import LatencyTable
from search_client.latency.wording import additivity_warning, describe_correction, describe_transfer, stated_error


def tell_of(table: LatencyTable) -> None:
    """Say what stands behind all latencies that a search shows on its way, and what they are worth."""
    correction = describe_correction(table.snapshot.correction)
    told = f"latencies on {table.device} ({table.conditions}) {stated_error(table.network_error_percent)}"
    stderr().print(Text(f"{told}; correction: {correction}", "dim"), soft_wrap=True)
    warn_of(table)


def warn_of(table: LatencyTable) -> None:
    """Say loudly where ops were not measured, and where sums of ops do not tell what networks take."""
    transfer = table.snapshot.transfer
    if transfer is not None:
        told = f"{describe_transfer(transfer)}; `search-client profile` without --quick measures them"
        stderr().print(Text(f"predicted on {table.device} ({table.conditions}): {told}", "yellow"), soft_wrap=True)
    warning = additivity_warning(table.additivity)
    if warning is not None:
        stderr().print(Text(f"warning: on {table.device} ({table.conditions}) {warning}", "yellow"), soft_wrap=True)
