"""Judgement: which results of a lease count, in the order in which they came. Nothing here asks the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from latency_service.contract.errors import LatencyError, LeaseExpired, ResultMismatch
from latency_service.contract.feeders import feeder_of
from latency_service.contract.keys import format_key, parse_key
from latency_service.contract.measurement import PROTOCOL_VERSION
from latency_service.contract.network import is_network_key
from latency_service.repositories.leases import HeldJob
from latency_service.repositories.results import EarlierResult
from latency_service.services.arrivals import Arrival

#: `late`: the lease was dead; the measurement is kept all the same.
ResultStatus = Literal["accepted", "duplicate", "late", "refused"]


@dataclass(frozen=True)
class Outcome:
    """What became of one result; a refused one comes with the error that says why."""

    result_id: str
    status: ResultStatus
    error: LatencyError | None = None


@dataclass(frozen=True)
class Kept:
    """A result that is to be stored.

    Attributes:
        counts: Whether it ends its job's attempt; otherwise it is an unleased observation.
    """

    arrival: Arrival
    job: HeldJob
    counts: bool


class Judgement:
    """Judges the results of one lease, each by itself.

    Args:
        token: The lease's.
        is_alive: Whether the lease is.
        jobs: Those of the results that the lease lent, by id.
        earlier: Those of the results that came before, by id.

    Attributes:
        kept: What is to be stored, in the order judged.
    """

    def __init__(
        self, token: str, is_alive: bool, jobs: Mapping[str, HeldJob], earlier: Mapping[str, EarlierResult]
    ) -> None:
        self.kept: list[Kept] = []
        self._token = token
        self._is_alive = is_alive
        self._jobs = jobs
        self._earlier = dict(earlier)
        self._answered: set[str] = set()

    def judge(self, arrival: Arrival) -> Outcome:
        """Judge the next result."""
        earlier = self._earlier.get(arrival.result_id)
        if earlier is not None:
            return self._repeated(arrival, earlier)
        job = self._jobs.get(arrival.job_id)
        if job is None:
            return _refused(arrival, ResultMismatch(f"job {arrival.job_id!r} is not in this lease"))
        flaw = arrival.flaw or _wrong_feeder(arrival, job)
        if flaw is not None:
            return _refused(arrival, flaw)
        if self._is_held(job):
            return self._counted(arrival, job)
        return self._observed(arrival, job)

    def _repeated(self, arrival: Arrival, earlier: EarlierResult) -> Outcome:
        if arrival.body_hash != earlier.body_hash:
            return _refused(
                arrival,
                ResultMismatch(
                    f"result {arrival.result_id} came before with another body; give every result a UUID of its own"
                ),
            )
        job = self._jobs.get(arrival.job_id)
        was_accepted = earlier.leased or (job is not None and job.state == "cancelled")
        return Outcome(arrival.result_id, "duplicate" if was_accepted else "late")

    def _counted(self, arrival: Arrival, job: HeldJob) -> Outcome:
        version = arrival.measurement.protocol_version if arrival.measurement else PROTOCOL_VERSION
        if version != PROTOCOL_VERSION:
            return _refused(
                arrival,
                ResultMismatch(f"measured by protocol {version}, and the lease was for protocol {PROTOCOL_VERSION}"),
            )
        self._answered.add(job.id)
        return self._keep(arrival, job, counts=True, status="accepted")

    def _observed(self, arrival: Arrival, job: HeldJob) -> Outcome:
        if self._is_alive and job.state == "cancelled":
            return self._keep(arrival, job, counts=False, status="accepted")
        if arrival.measurement is None:
            return _refused(
                arrival,
                LeaseExpired("the lease ended before this failure arrived; the job may be lent to another agent"),
            )
        return self._keep(arrival, job, counts=False, status="late")

    def _keep(self, arrival: Arrival, job: HeldJob, counts: bool, status: ResultStatus) -> Outcome:
        self._earlier[arrival.result_id] = EarlierResult(arrival.body_hash, counts)
        self.kept.append(Kept(arrival, job, counts))
        return Outcome(arrival.result_id, status)

    def _is_held(self, job: HeldJob) -> bool:
        holds = job.state == "leased" and job.lease_token == self._token
        return self._is_alive and holds and job.id not in self._answered


def _wrong_feeder(arrival: Arrival, job: HeldJob) -> ResultMismatch | None:
    context = arrival.measurement.in_context if arrival.measurement else None
    if context is None:
        return None
    feeder = None if is_network_key(job.workload_key) else feeder_of(parse_key(job.workload_key))
    if feeder is not None and context.feeder == format_key(feeder):
        return None
    should = "stands behind none" if feeder is None else f"stands behind {format_key(feeder)}"
    return ResultMismatch(f"{job.workload_key} was timed behind {context.feeder}, and by the contract's rule {should}")


def _refused(arrival: Arrival, error: LatencyError) -> Outcome:
    return Outcome(arrival.result_id, "refused", error)
