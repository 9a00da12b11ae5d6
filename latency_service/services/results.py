"""Results: what agents measured, fenced by their leases and idempotent by UUID."""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import orjson
from sqlalchemy.orm import Session

from latency_service.contract.errors import LeaseExpired, ResultMismatch
from latency_service.contract.measurement import PROTOCOL_VERSION, Failure, Measurement
from latency_service.contract.messages import JobResult
from latency_service.repositories import jobs, latency_tables, leases, measurements
from latency_service.services import leasing
from latency_service.tables import DeviceState, FailedAttempt, Job, Lease
from latency_service.tables import Measurement as MeasurementRow

#: `late`: the lease was dead; the measurement is kept all the same.
ResultStatus = Literal["accepted", "duplicate", "late"]

_RELATIVE_TOLERANCE = 1e-6


def accept(
    session: Session, token: str, result_id: str, result: JobResult, max_attempts: int, now: datetime
) -> ResultStatus:
    """Store one result, and end its job's attempt if the lease is alive.

    Raises:
        LeaseExpired: The lease is dead, and there is no measurement that could be kept.
        ResultMismatch: The job is not the lease's, the summary is not that of the samples, or the id came before
            with another body.
    """
    arrival = _Arrival(result_id, _hash(result), now)
    earlier = measurements.find_result(session, result_id)
    if earlier is not None:
        return _repeated(arrival, *earlier)
    attempt = _find_attempt(session, token, result.job_id, now)
    if result.measurement is not None:
        _keep_measurement(session, attempt, arrival, result.measurement)
    if not attempt.in_time:
        return _late(result)
    if result.failure is not None:
        _keep_failure(session, attempt, arrival, result.failure)
    _end_attempt(attempt.job, _failure(result), max_attempts, now)
    if jobs.count_lent(session, token) == 0:
        leasing.end(session, attempt.lease, now)
    return "accepted"


def check_summary(measurement: Measurement) -> None:
    """Return if the summary is that of the samples that count.

    Raises:
        ResultMismatch: It is not; the message names the first member that differs.
    """
    for name, value in measurement.recompute_summary():
        told = getattr(measurement.summary, name)
        if not math.isclose(told, value, rel_tol=_RELATIVE_TOLERANCE, abs_tol=1e-12):
            raise ResultMismatch(f"summary.{name} is {told}, and the samples that count give {value}")


@dataclass(frozen=True)
class _Arrival:
    """A result's id and hash, and when it came."""

    result_id: str
    body_hash: str
    at: datetime


@dataclass(frozen=True)
class _Attempt:
    """The lending of a job that a result is for; it is in time while the lease lives and holds the job."""

    lease: Lease
    job: Job
    number: int
    in_time: bool


def _hash(result: JobResult) -> str:
    content = orjson.dumps(result.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()


def _repeated(arrival: _Arrival, earlier_hash: str, was_in_time: bool) -> ResultStatus:
    if arrival.body_hash != earlier_hash:
        raise ResultMismatch(
            f"result {arrival.result_id} came before with another body; give every result a UUID of its own"
        )
    return "duplicate" if was_in_time else "late"


def _late(result: JobResult) -> ResultStatus:
    if result.measurement is None:
        raise LeaseExpired("the lease ended before this failure arrived; the job may be lent to another agent")
    return "late"


def _find_attempt(session: Session, token: str, job_id: str, now: datetime) -> _Attempt:
    lease = leases.get(session, token)
    lent = leases.lent_job(session, token, job_id)
    if lent is None:
        raise ResultMismatch(f"job {job_id!r} is not in this lease")
    job, number = lent
    holds_job = job.state == "leased" and job.lease_token == token
    return _Attempt(lease, job, number, in_time=holds_job and leasing.is_alive(lease, now))


def _keep_measurement(session: Session, attempt: _Attempt, arrival: _Arrival, measurement: Measurement) -> None:
    check_summary(measurement)
    if attempt.in_time and measurement.protocol_version != PROTOCOL_VERSION:
        raise ResultMismatch(
            f"measured by protocol {measurement.protocol_version}, and the lease was for protocol {PROTOCOL_VERSION}"
        )
    state = session.get_one(DeviceState, attempt.lease.state_id)
    conditions_id, version = attempt.lease.conditions_id, measurement.protocol_version
    row = MeasurementRow(
        id=arrival.result_id,
        body_hash=arrival.body_hash,
        table_id=latency_tables.ensure(session, state, conditions_id, version, arrival.at),
        workload_key=attempt.job.workload_key,
        attempt=attempt.number,
        leased=attempt.in_time,
        verdict=measurement.verdict,
        reasons=list(measurement.reasons),
        summary=measurement.summary.model_dump(),
        started_at=measurement.started_at,
        finished_at=measurement.finished_at,
        received_at=arrival.at,
    )
    measurements.add(session, row, measurement.model_dump_json())


def _keep_failure(session: Session, attempt: _Attempt, arrival: _Arrival, failure: Failure) -> None:
    row = FailedAttempt(
        id=arrival.result_id,
        body_hash=arrival.body_hash,
        job_id=attempt.job.id,
        attempt=attempt.number,
        error_class=failure.error_class,
        message=failure.message,
        received_at=arrival.at,
    )
    measurements.add_failure(session, row)


def _failure(result: JobResult) -> Failure | None:
    measurement = result.measurement
    if measurement is None or measurement.verdict != "unfit":
        return result.failure
    return Failure(error_class="timed_out", message=f"unfit: {'; '.join(measurement.reasons)}"[:4000])


def _end_attempt(job: Job, failure: Failure | None, max_attempts: int, now: datetime) -> None:
    job.error_class = failure.error_class if failure else None
    job.error_message = failure.message if failure else None
    if failure is not None and not failure.is_final and job.attempts < max_attempts:
        job.state, job.lease_token = "queued", None
    else:
        job.state, job.finished_at = "failed" if failure else "succeeded", now
