"""The examination: every check, in the order in which a person would mend things."""

from device_agents.doctor.checks_clock import (
    check_battery,
    check_clock_source,
    check_governor,
    check_temperature,
    check_throttling,
    check_turbo,
)
from device_agents.doctor.checks_cores import (
    check_interrupts,
    check_isolation,
    check_load,
    check_neighbours,
    check_pinning,
    check_quota,
    check_smt,
    check_supervisor,
)
from device_agents.doctor.checks_gpu import check_gpus
from device_agents.doctor.checks_machine import check_huge_pages, check_memory, check_steal, check_swap
from device_agents.doctor.findings import Finding
from device_agents.doctor.stand import Stand

_CHECKS = (
    check_load,
    check_pinning,
    check_quota,
    check_supervisor,
    check_neighbours,
    check_isolation,
    check_smt,
    check_governor,
    check_turbo,
    check_temperature,
    check_throttling,
    check_battery,
    check_steal,
    check_clock_source,
    check_interrupts,
    check_memory,
    check_swap,
    check_huge_pages,
)


def examine(stand: Stand) -> list[Finding]:
    """Return what every check has found."""
    return [check(stand) for check in _CHECKS] + check_gpus(stand)
