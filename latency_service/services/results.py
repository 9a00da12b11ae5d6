"""Results: what agents measured, fenced by their leases and idempotent by UUID."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from latency_service.contract.in_context import InContext, difference
from latency_service.contract.measurement import PROTOCOL_VERSION, Measurement
from latency_service.contract.messages import ContextSummary, JobState
from latency_service.contract.network import WorkloadKey
from latency_service.repositories import entries as stored_entries
from latency_service.repositories import jobs, latency_tables, leases, results
from latency_service.repositories.jobs import SUCCEEDED, Ending
from latency_service.repositories.leases import HeldLease
from latency_service.services import entries
from latency_service.services.arrivals import Arrival
from latency_service.services.judgement import Judgement, Kept, Outcome
from latency_service.tables import DeviceState
from latency_service.tables import Measurement as MeasurementRow
from latency_service.tally import count


@dataclass(frozen=True)
class Acceptance:
    """What became of the results of a lease.

    Attributes:
        outcomes: In the order sent.
        may_settle: Whether profiles of the device may have ended with that.
    """

    device_id: str
    outcomes: tuple[Outcome, ...]
    may_settle: bool


def accept(session: Session, token: str, arrivals: Sequence[Arrival], max_attempts: int, now: datetime) -> Acceptance:
    """Store results of a lease, and end their jobs' attempts where the lease is alive. Each stands or falls by itself.

    Where it is not, or the job has another result already, a measurement is kept as an unleased observation.

    Raises:
        LeaseExpired: There never was a lease with that token.
    """
    lease = leases.hold(session, token)
    is_alive = lease.is_alive(now)
    held = leases.hold_jobs(session, token, {arrival.job_id for arrival in arrivals})
    earlier = results.find(session, {arrival.result_id for arrival in arrivals})
    judgement = Judgement(token, is_alive, held, earlier)
    outcomes = tuple(map(judgement.judge, arrivals))
    for outcome, arrival in zip(outcomes, arrivals, strict=True):
        count(session, "results", outcome.status, arrival.verdict)
    _end_attempts(session, token, lease, judgement.kept, max_attempts, now)
    spared = _spare(session, token, lease, judgement.kept, now)
    ended = is_alive and leases.end_if_idle(session, token, now)
    count(session, "leases", "ended", number=int(ended))
    _store(session, lease, judgement.kept, now)  # at the end, because it keeps others out of the table
    return Acceptance(lease.device_id, outcomes, may_settle=ended or spared)


def _store(session: Session, lease: HeldLease, kept: Iterable[Kept], now: datetime) -> None:
    by_version: dict[int, list[tuple[Kept, Measurement]]] = defaultdict(list)
    failures = []
    for each in kept:
        measurement = each.arrival.measurement
        if measurement is None:
            failures.append(_failed_attempt(lease, each, now))
        else:
            by_version[measurement.protocol_version].append((each, measurement))
    if failures:
        results.add_failures(session, failures)
    for version, measured in sorted(by_version.items()):  # tables, too, are locked in one order
        _store_measurements(session, lease, version, measured, now)


def _store_measurements(
    session: Session, lease: HeldLease, version: int, measured: Sequence[tuple[Kept, Measurement]], now: datetime
) -> None:
    state = session.get_one(DeviceState, lease.state_id)
    table_id = latency_tables.ensure(session, state, lease.conditions_id, version, now)
    stored_entries.lock(session, table_id)  # before sequence numbers are drawn: who pages by them must miss none
    rows = [
        MeasurementRow(
            id=each.arrival.result_id,
            body_hash=each.arrival.body_hash,
            table_id=table_id,
            workload_key=each.job.workload_key,
            attempt=each.job.attempt,
            leased=each.counts,
            verdict=measurement.verdict,
            reasons=list(measurement.reasons),
            summary=measurement.summary.model_dump(),
            in_context=_context_summary(measurement.in_context),
            started_at=measurement.started_at,
            finished_at=measurement.finished_at,
            received_at=now,
        )
        for each, measurement in measured
    ]
    results.add_measurements(session, rows, {each.arrival.result_id: each.arrival.document for each, _ in measured})
    entries.absorb(session, table_id, rows)


def _context_summary(context: InContext | None) -> dict[str, Any] | None:
    if context is None:
        return None
    latency_ms, (low_ms, high_ms) = difference(context.chain, context.alone)
    return ContextSummary(
        feeder=WorkloadKey(context.feeder),
        latency_ms=latency_ms,
        ci_low_ms=low_ms,
        ci_high_ms=high_ms,
        n=context.chain.summary.n,
        reasons=context.reasons,
    ).model_dump(mode="json")


def _failed_attempt(lease: HeldLease, kept: Kept, now: datetime) -> dict[str, object]:
    failure = kept.arrival.failure
    assert failure is not None, "a result is a measurement or a failure"
    return {
        "id": kept.arrival.result_id,
        "body_hash": kept.arrival.body_hash,
        "job_id": kept.job.id,
        "attempt": kept.job.attempt,
        "agent_id": lease.agent_id,
        "error_class": failure.error_class,
        "message": failure.message,
        "received_at": now,
    }


def _end_attempts(
    session: Session, token: str, lease: HeldLease, kept: Iterable[Kept], max_attempts: int, now: datetime
) -> None:
    counted = [each for each in kept if each.counts]
    poisoned = _poisoned(session, lease, counted)
    endings: dict[Ending, list[str]] = defaultdict(list)
    for each in counted:
        is_last = each.job.attempts >= max_attempts or each.job.id in poisoned
        endings[_ending(each.arrival, is_last)].append(each.job.id)
    for ending, job_ids in endings.items():
        ended = jobs.complete(session, token, job_ids, now, ending)
        assert len(ended) == len(job_ids), "the lease and its jobs are locked"


def _ending(arrival: Arrival, is_last: bool) -> Ending:
    failure = arrival.attempt_failure
    if failure is None:
        return SUCCEEDED
    state: JobState = "failed" if is_last or failure.is_final else "queued"
    return Ending(state, failure.error_class, failure.message)


def _poisoned(session: Session, lease: HeldLease, counted: Iterable[Kept]) -> set[str]:
    """Return the jobs that crashed here as they did in the hands of another agent, or of another life of this one."""
    crashed = {
        (each.job.id, each.arrival.failure.message)
        for each in counted
        if each.arrival.failure is not None and each.arrival.failure.error_class == "crashed"
    }
    if not crashed or not lease.agent_id:
        return set()
    elsewhere = results.crashes_of_others(session, {job_id for job_id, _ in crashed}, lease.agent_id)
    return {job_id for job_id, _ in crashed & elsewhere}


def _spare(session: Session, token: str, lease: HeldLease, kept: Iterable[Kept], now: datetime) -> bool:
    """End jobs that wait although an `ok` observation of the device as it is now came late; say if there were any."""
    observed = {
        each.job.id
        for each in kept
        if not each.counts
        and each.arrival.measurement is not None
        and each.arrival.measurement.verdict == "ok"
        and each.arrival.measurement.protocol_version == PROTOCOL_VERSION
    }
    if not observed or lease.fingerprint != lease.present_fingerprint:
        return False
    return jobs.spare(session, token, observed, now)
