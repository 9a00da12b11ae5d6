"""The examination: every check, in the order in which a person would mend things."""

from latency_service.doctor.checks_access import check_keys
from latency_service.doctor.checks_database import (
    check_clock,
    check_connections,
    check_durability,
    check_file_system,
    check_reach,
    check_revision,
    check_space,
)
from latency_service.doctor.checks_work import (
    check_agents,
    check_failures,
    check_leases,
    check_names,
    check_retention,
    check_workloads,
)
from latency_service.doctor.findings import Finding
from latency_service.doctor.stand import Stand

#: Each is of use only where those before it found nothing bad.
_FOUNDATIONS = (check_reach, check_revision)
_CHECKS = (
    check_durability,
    check_file_system,
    check_space,
    check_connections,
    check_clock,
    check_keys,
    check_leases,
    check_agents,
    check_names,
    check_failures,
    check_workloads,
    check_retention,
)


def examine(stand: Stand) -> list[Finding]:
    """Return what every check has found; a database that is away or of another revision is all that can be said."""
    findings: list[Finding] = []
    for check in _FOUNDATIONS:
        findings.append(check(stand))
        if findings[-1].severity == "bad":
            return findings
    return findings + [check(stand) for check in _CHECKS]
