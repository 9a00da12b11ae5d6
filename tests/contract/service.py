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
    MeasurementPage,
    ProfileCreated,
    ProfileRequest,
    ProfileStatus,
    RefreshPolicy,
    Snapshot,
)
from latency_service.contract.network import NetworkSpec, Workload
from latency_service.database import Database
from latency_service.services import cancellation, catalogue, deregistration, lookup, profiling, registration, snapshots
from latency_service.services.desk import Desk
from latency_service.services.following import follow
from latency_service.services.judgement import Outcome, ResultStatus
from latency_service.services.quick_plans import make_plan
from latency_service.services.warm_tables import WarmTables
from latency_service.settings import Settings
from tests import service_data
from tests.service_data import CONDITIONS, DEVICE, ManualClock, new_id, success


class Service:
    """One service on one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = ManualClock()
        self.settings = Settings(database="sqlite:///unused.db")
        self.tables = WarmTables(max_bytes=2**20, ttl_s=1.0, monotonic=lambda: self.clock().timestamp())
        self.device_state = service_data.registration().state.fingerprint

    @property
    def desk(self) -> Desk:
        """Where agents borrow work, with the settings as they are now."""
        return Desk(self.database, self.settings)

    def register(
        self,
        name: str = DEVICE,
        governor: str = "performance",
        protocol_version: int = PROTOCOL_VERSION,
        key_id: str | None = None,
    ) -> DeviceRegistered:
        """Register a device; later leases ask for the state it has now."""
        message = service_data.registration(name, governor, protocol_version)
        answer = self.database.write(
            lambda session: registration.register(session, message, self.settings, self.clock(), key_id)
        )
        self.device_state = answer.device_state
        return answer

    def profile(
        self,
        workloads: Sequence[Workload],
        conditions: Conditions = CONDITIONS,
        max_age_s: float | None = None,
        device: str = DEVICE,
        priority: int = 0,
        refresh: RefreshPolicy | None = None,
        anchors: Sequence[NetworkSpec] = (),
        quick: int | None = None,
    ) -> ProfileCreated:
        """Ask for workloads."""
        request = ProfileRequest(
            device=device,
            conditions=conditions,
            workloads=tuple(workloads),
            anchors=tuple(anchors),
            max_age_s=max_age_s,
            priority=priority,
            refresh=refresh,
            quick=quick,
        )
        now = self.clock()
        plan = make_plan(self.database, request, now)
        return self.database.write(lambda session: profiling.create_profile(session, request, now, plan))

    def status(self, profile: ProfileCreated) -> ProfileStatus:
        """Ask how far a profile is."""
        return follow(self.database, profile.profile_id, self.settings, self.clock())

    def cancel(self, profile: ProfileCreated) -> None:
        """Cancel a profile."""
        now = self.clock()
        self.database.write(lambda session: cancellation.cancel_profile(session, profile.profile_id, now))

    def deregister(self, name: str = DEVICE, agent_id: str | None = None) -> None:
        """Let a device say goodbye, or one life of an agent for it."""
        now = self.clock()
        self.database.write(lambda session: deregistration.deregister(session, name, self.settings, now, agent_id))

    def lend(
        self,
        max_jobs: int = 32,
        runtimes: tuple[str, ...] = ("onnxruntime",),
        max_threads: int = 1,
        device: str = DEVICE,
        agent_id: str = "",
    ) -> Lease | None:
        """Ask for work."""
        request = LeaseRequest(
            device=device,
            device_state=self.device_state,
            agent_id=agent_id,
            runtimes=runtimes,
            max_threads=max_threads,
            max_jobs=max_jobs,
        )
        return self.desk.lend(request, self.clock())

    def must_lend(self, max_jobs: int = 32, agent_id: str = "") -> Lease:
        """Ask for work that must be there."""
        lease = self.lend(max_jobs, agent_id=agent_id)
        assert lease is not None
        return lease

    def renew(self, lease: Lease) -> LeaseRenewed:
        """Renew a lease."""
        return self.desk.renew(lease.token, self.clock())

    def release(self, lease: Lease) -> None:
        """Hand a lease back."""
        self.desk.release(lease.token, self.clock())

    def put(self, lease: Lease, result: JobResult, result_id: str | None = None) -> ResultStatus:
        """Hand in a result; raise the error that it is refused with."""
        (outcome,) = self.post(lease, (result_id or new_id(), result))
        if outcome.error is not None:
            raise outcome.error
        return outcome.status

    def post(self, lease: Lease, *handed_in: tuple[str, JobResult]) -> tuple[Outcome, ...]:
        """Hand in several results, each with its id."""
        return self.desk.accept(lease.token, handed_in, self.clock())

    def stored(self, *, with_samples: bool = False) -> MeasurementPage:
        """Return the first measurements that were stored."""
        return self.database.read(
            lambda session: catalogue.list_measurements(session, None, None, 0, 100, with_samples)
        )

    def measure(self, workloads: Sequence[Workload], median_ms: float = 1.0, verdict: Verdict = "ok") -> ProfileStatus:
        """Have workloads measured anew, by an agent that needs no time."""
        profile = self.profile(workloads, max_age_s=0)
        self.work(median_ms, verdict)
        return self.status(profile)

    def work(self, median_ms: float = 1.0, verdict: Verdict = "ok") -> int:
        """Measure all that there is to do, by an agent that needs no time; return how many jobs that were."""
        done = 0
        while (lease := self.lend()) is not None:
            done += len(lease.jobs)
            self.post(lease, *((new_id(), success(job.job_id, median_ms, verdict)) for job in lease.jobs))
        return done

    def look_up(self, table_id: str, keys: Sequence[str]) -> LookupAnswer:
        """Ask for the current values of keys."""
        answer = self.database.read(lambda session: lookup.look_up(session, self.tables, table_id, keys))
        return LookupAnswer.model_validate_json(answer)

    def latest_snapshot(self, table_id: str) -> Snapshot:
        """Return a table's latest snapshot."""
        return self.snapshot(self.database.read(lambda session: snapshots.latest_id(session, table_id)))

    def snapshot(self, snapshot_id: str | None) -> Snapshot:
        """Return a snapshot that must be there."""
        assert snapshot_id is not None
        content = self.database.read(lambda session: snapshots.get(session, snapshot_id).document)
        return Snapshot.model_validate_json(content)
