"""Measuring an audit's sessions: each one profile of all its networks and anchors, in turns."""

from collections.abc import Callable, Container

from pydantic import AwareDatetime

from latency_service.contract.messages import MeasurementRow, ProfileRequest, ProfileStatus, TableId
from latency_service.contract.network import NetworkSpec, workload_key
from search_client.audit.folder import AuditFolder
from search_client.audit.plan import Plan
from search_client.audit.session import MeasuredWhole, Session, StartedSession
from search_client.latency.client import ServiceClient, wait_for_profile
from search_client.latency.table import LatencyTable
from search_client.verify import NotMeasured, measurements_of


def measure_session(
    client: ServiceClient,
    plan: Plan,
    folder: AuditFolder,
    number: int,
    on_progress: Callable[[ProfileStatus], None],
    pause: Callable[[], None],
) -> Session:
    """Have the device measure all networks once more, and keep the outcome; a session begun before is gone on with.

    Args:
        client: The service that the device's agent works for.
        plan: What is measured.
        folder: Keeps the session, and while it is measured what it waits for.
        number: Of the session.
        on_progress: Called while the device is at work.
        pause: Waits between two questions to the service.

    Raises:
        NotMeasured: The device is in another state than the audit began in, the profile was cancelled, or none of the
            networks could be measured.
    """
    started = folder.started(number) or _start(client, plan, folder, number)
    status = wait_for_profile(client, started.profile_id, on_progress, pause)
    session = _outcome(client, plan, number, started, status)
    if session is None:
        folder.forget_started(number)
        reasons = "; ".join(sorted(set(_failed(plan, status, ()).values())))
        raise NotMeasured(f"{status.device} measured none of the networks ({reasons}): the same command tries again")
    folder.write_session(session)
    return session


def _outcome(
    client: ServiceClient, plan: Plan, number: int, started: StartedSession, status: ProfileStatus
) -> Session | None:
    """Return what an ended profile came to; None where nothing was measured."""
    rows = {name: _row(client, status, spec) for name, spec in plan.specs.items()}
    measured = {name: _measured(row) for name, row in rows.items() if row is not None}
    if not measured or status.snapshot_id is None:
        return None
    _refuse_another_state(plan, status.table_id)
    return Session(
        number=number,
        profile_id=started.profile_id,
        snapshot=client.snapshot(status.snapshot_id if plan.settings.is_corrected else started.snapshot_before),
        measured=measured,
        failed=_failed(plan, status, measured),
        started_at=status.created_at,
        finished_at=_end(status),
    )


def _start(client: ServiceClient, plan: Plan, folder: AuditFolder, number: int) -> StartedSession:
    settings = plan.settings
    before = LatencyTable.fetch(client, device=settings.device, conditions=settings.conditions)
    _refuse_another_state(plan, before.snapshot.table_id)
    request = ProfileRequest(
        device=settings.device,
        conditions=settings.conditions,
        workloads=tuple(network.spec for network in plan.networks),
        anchors=plan.anchors,
        max_age_s=0.0,
    )
    created = client.create_profile(request)
    started = StartedSession(profile_id=created.profile_id, snapshot_before=before.snapshot_id)
    folder.write_started(number, started)
    return started


def _refuse_another_state(plan: Plan, table_id: TableId | None) -> None:
    """A table stands for one device state: entries of one say nothing about networks of another."""
    if table_id != plan.table_id:
        raise NotMeasured(
            f"{plan.settings.device} is not what it was when this audit began (its hardware, driver, kernel or runtime "
            "changed): run `search-client profile` again, and audit into another --output"
        )


def _row(client: ServiceClient, status: ProfileStatus, network: NetworkSpec) -> MeasurementRow | None:
    """Return a network's newest measurement of those that the profile waited for; later ones are other sessions'."""
    if status.state == "cancelled" or status.table_id is None:
        return None
    rows = measurements_of(client, status.table_id, workload_key(network))
    own = [row for row in rows if status.created_at <= row.received_at <= _end(status)]
    return own[-1] if own else None


def _end(status: ProfileStatus) -> AwareDatetime:
    assert status.finished_at is not None, "who waited for it saw it end"
    return status.finished_at


def _failed(plan: Plan, status: ProfileStatus, measured: Container[str]) -> dict[str, str]:
    reasons = {failure.workload: f"{failure.error_class}: {failure.message}" for failure in status.failures}
    otherwise = "the profile was cancelled" if status.state == "cancelled" else "no measurement arrived"
    missing = {name: spec for name, spec in plan.specs.items() if name not in measured}
    return {name: reasons.get(workload_key(spec), otherwise) for name, spec in missing.items()}


def _measured(row: MeasurementRow) -> MeasuredWhole:
    return MeasuredWhole(
        measured_ms=row.summary.median_ms,
        measured_ci_ms=(row.summary.ci_low_ms, row.summary.ci_high_ms),
        verdict=row.verdict,
    )
