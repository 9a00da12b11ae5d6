"""The console: what a person sees, and what a log collector gets. One file a thing that is shown."""

from device_agents.console.findings import print_findings
from device_agents.console.identity import print_away, print_identity
from device_agents.console.measurement import print_measurement
from device_agents.console.terminal import (
    EXIT_AGENT_TOO_OLD,
    EXIT_ERROR,
    EXIT_KEY_REFUSED,
    live_status,
    progress,
    readable_errors,
)

__all__ = [
    "EXIT_AGENT_TOO_OLD",
    "EXIT_ERROR",
    "EXIT_KEY_REFUSED",
    "live_status",
    "print_away",
    "print_findings",
    "print_identity",
    "print_measurement",
    "progress",
    "readable_errors",
]
