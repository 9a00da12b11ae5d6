"""The console: what a person sees - status line, tables, one readable line an error - and what a log collector gets."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from latency_service.contract.conditions import Conditions, RuntimeName
from latency_service.contract.device import DeviceDescription, DeviceState, RuntimeStatus
from latency_service.contract.errors import AgentTooOld, LatencyError
from latency_service.contract.measurement import Measurement, Verdict
from latency_service.contract.network import WorkloadKey

EXIT_ERROR = 1
EXIT_AGENT_TOO_OLD = 3

_COLOURS: dict[Verdict, str] = {"ok": "green", "noisy": "yellow", "unfit": "red"}


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn an error of ours into one line on stderr and an exit code; 3 means that the agent must be upgraded."""
    try:
        yield
    except (LatencyError, OSError) as error:
        Console(stderr=True, soft_wrap=True).print(Text(f"error: {error}", style="red"))
        raise typer.Exit(EXIT_AGENT_TOO_OLD if isinstance(error, AgentTooOld) else EXIT_ERROR) from None


@contextmanager
def live_status() -> Iterator[Callable[[str], None]]:
    """Log to stderr: readably above a status line on a terminal, as JSON lines elsewhere. Yields the line's setter."""
    console = Console(stderr=True)
    if not console.is_terminal:
        _configure_logging(structlog.processors.JSONRenderer())
        yield lambda text: None
        return
    with console.status("starting") as status:
        _configure_logging(structlog.dev.ConsoleRenderer())
        yield lambda text: status.update(Text(text))


def print_measurement(workload: WorkloadKey, conditions: Conditions, measurement: Measurement) -> None:
    """Print what a person wants to know of a measurement."""
    summary = measurement.summary
    table = _facts_table(str(workload))
    table.add_row("conditions", str(conditions))
    table.add_row("median", f"{summary.median_ms:.4f} ms")
    table.add_row(
        "95 % interval", f"{summary.ci_low_ms:.4f} - {summary.ci_high_ms:.4f} ms (+-{summary.relative_ci:.2%})"
    )
    table.add_row("min, p05, p95", f"{summary.min_ms:.4f}, {summary.p05_ms:.4f}, {summary.p95_ms:.4f} ms")
    taken = f"{summary.n} of {measurement.inner_loops} run(s), {len(measurement.disturbed)} disturbed ones left out"
    table.add_row("samples", f"{taken}, in {len(measurement.round_sizes)} rounds")
    reasons = "".join(f"\n{reason}" for reason in measurement.reasons)
    table.add_row("verdict", Text(measurement.verdict + reasons, style=_COLOURS[measurement.verdict]))
    table.add_row("runtime", ", ".join(f"{name} {fact}" for name, fact in measurement.runtime_facts.items()))
    Console().print(table)


def print_probe(description: DeviceDescription, state: DeviceState, statuses: dict[RuntimeName, RuntimeStatus]) -> None:
    """Print what this host is, and which runtimes work on it or why they do not."""
    host = _facts_table(f"{description.cpu_model}, {description.operating_system}")
    for name, fact in {"fingerprint": state.fingerprint, **state.facts}.items():
        host.add_row(name, Text("not shown", style="dim") if fact is None else str(fact))
    runtimes = _facts_table("runtimes")
    for name, status in statuses.items():
        works = Text(f"works, {status.version}", style="green")
        runtimes.add_row(name, works if status.available else Text(f"does not work: {status.reason}", style="red"))
    console = Console()
    console.print(host)
    console.print(runtimes)


def _facts_table(title: str) -> Table:
    table = Table(title=Text(title), show_header=False, title_justify="left")
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _configure_logging(renderer: structlog.typing.Processor) -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
