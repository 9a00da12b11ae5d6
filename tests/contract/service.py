"""The services as a test drives them: every call in a transaction of its own, at the time of a manual clock."""

from collections.abc import Sequence

from latency_service.contract.conditions import Conditions
from latency_service.contract.measurement import PROTOCOL_VERSION, Verdict
from latency_service.contract.messages import (
    DeviceRegistered,
    JobResult,
    Lease,
    LeaseRenewed,
    LeaseRequest,
    LookupAnswer,
    ProfileCreated,
    ProfileRequest,
    ProfileStatus,
    Snapshot,
)
from latency_service.contract.network import Workload
from latency_service.database import Database
from latency_service.services import leasing, lookup, profiling, progress, registration, results, snapshots
from latency_service.services.results import ResultStatus
from latency_service.settings import Settings
from tests import service_data
from tests.service_data import CONDITIONS, DEVICE, ManualClock, new_id, success


class Service:
    """One service on one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = ManualClock()
        self.settings = Settings(database="sqlite:///unused.db")
        self.device_state = service_data.registration().state.fingerprint

    def register(
        self, name: str = DEVICE, governor: str = "performance", protocol_version: int = PROTOCOL_VERSION
    ) -> DeviceRegistered:
        """Register a device; later leases ask for the state it has now."""
        message = service_data.registration(name, governor, protocol_version)
        with self.database.writing() as session:
            answer = registration.register(session, message, self.settings, self.clock())
        self.device_state = answer.device_state
        return answer

    def profile(
        self,
        workloads: Sequence[Workload],
        conditions: Conditions = CONDITIONS,
        max_age_s: float | None = None,
        device: str = DEVICE,
    ) -> ProfileCreated:
        """Ask for workloads."""
        request = ProfileRequest(device=device, conditions=conditions, workloads=tuple(workloads), max_age_s=max_age_s)
        with self.database.writing() as session:
            return profiling.create_profile(session, request, self.clock())

    def status(self, profile: ProfileCreated) -> ProfileStatus:
        """Ask how far a profile is."""
        with self.database.writing() as session:
            return progress.profile_status(session, profile.profile_id, self.settings, self.clock())

    def lend(
        self,
        max_jobs: int = 32,
        runtimes: tuple[str, ...] = ("onnxruntime",),
        max_threads: int = 1,
        device: str = DEVICE,
    ) -> Lease | None:
        """Ask for work."""
        request = LeaseRequest(
            device=device,
            device_state=self.device_state,
            runtimes=runtimes,
            max_threads=max_threads,
            max_jobs=max_jobs,
        )
        with self.database.writing() as session:
            return leasing.lend(session, request, self.settings, self.clock())

    def must_lend(self, max_jobs: int = 32) -> Lease:
        """Ask for work that must be there."""
        lease = self.lend(max_jobs)
        assert lease is not None
        return lease

    def renew(self, lease: Lease) -> LeaseRenewed:
        """Renew a lease."""
        with self.database.writing() as session:
            return leasing.renew(session, lease.token, self.settings, self.clock())

    def release(self, lease: Lease) -> None:
        """Hand a lease back."""
        with self.database.writing() as session:
            leasing.release(session, lease.token, self.clock())

    def put(self, lease: Lease, result: JobResult, result_id: str | None = None) -> ResultStatus:
        """Hand in a result."""
        attempts = self.settings.max_attempts
        with self.database.writing() as session:
            return results.accept(session, lease.token, result_id or new_id(), result, attempts, self.clock())

    def measure(self, workloads: Sequence[Workload], median_ms: float = 1.0, verdict: Verdict = "ok") -> ProfileStatus:
        """Have workloads measured anew, by an agent that needs no time."""
        profile = self.profile(workloads, max_age_s=0)
        while (lease := self.lend()) is not None:
            for job in lease.jobs:
                self.put(lease, success(job.job_id, median_ms, verdict))
        return self.status(profile)

    def look_up(self, table_id: str, keys: Sequence[str]) -> LookupAnswer:
        """Ask for the current values of keys."""
        with self.database.reading() as session:
            return lookup.look_up(session, table_id, keys)

    def latest_snapshot(self, table_id: str) -> Snapshot:
        """Return a table's latest snapshot."""
        with self.database.reading() as session:
            return Snapshot.model_validate_json(snapshots.latest(session, table_id).content)
