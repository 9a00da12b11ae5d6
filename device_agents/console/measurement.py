"""What a person wants to know of a measurement."""

from rich.console import Console
from rich.text import Text

from device_agents.console.tables import facts_table
from latency_service.contract.conditions import Conditions
from latency_service.contract.in_context import InContext
from latency_service.contract.measurement import Measurement, Verdict
from latency_service.contract.network import WorkloadKey

_COLOURS: dict[Verdict, str] = {"ok": "green", "noisy": "yellow", "unfit": "red"}


def print_measurement(workload: WorkloadKey, conditions: Conditions, measurement: Measurement) -> None:
    """Print what a person wants to know of a measurement."""
    summary = measurement.summary
    table = facts_table(str(workload))
    table.add_row("conditions", str(conditions))
    table.add_row("median", f"{summary.median_ms:.4f} ms")
    table.add_row(
        "95 % interval", f"{summary.ci_low_ms:.4f} - {summary.ci_high_ms:.4f} ms (+-{summary.relative_ci:.2%})"
    )
    if measurement.in_context is not None:
        table.add_row("in context", _in_context(measurement.in_context))
    table.add_row("min, p05, p95", f"{summary.min_ms:.4f}, {summary.p05_ms:.4f}, {summary.p95_ms:.4f} ms")
    taken = f"{summary.n} of {measurement.inner_loops} run(s), {len(measurement.disturbed)} disturbed ones left out"
    table.add_row("samples", f"{taken}, in {len(measurement.round_sizes)} rounds")
    reasons = "".join(f"\n{reason}" for reason in measurement.reasons)
    table.add_row("verdict", Text(measurement.verdict + reasons, style=_COLOURS[measurement.verdict]))
    table.add_row("runtime", ", ".join(f"{name} {fact}" for name, fact in measurement.runtime_facts.items()))
    Console().print(table)


def _in_context(context: InContext) -> str:
    low, high = context.ci_ms
    text = f"{context.latency_ms:.4f} ms [{low:.4f}, {high:.4f}] behind {context.feeder}"
    return "".join((text, *(f"\n{reason}" for reason in context.reasons)))
