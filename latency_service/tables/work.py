"""What is to be measured and who is at it: workloads, profiles, jobs, leases, failed attempts."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from latency_service.tables.base import Base

_ACTIVE = text("state IN ('queued', 'leased')")
_QUEUED = text("state = 'queued'")
_NOT_ENDED = text("ended_at IS NULL")


class Workload(Base):
    """An op or a network; `spec` is its form on the wire."""

    __tablename__ = "workloads"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    spec: Mapped[Any] = mapped_column(JSON)


class Profile(Base):
    """A request to measure workloads; `table_id` and `snapshot_id` are known once it is done.

    `refresh` is the contract's RefreshPolicy where one was asked for; at `refresh_at` the profile is looked at again.
    `anchors` are keys of networks, which are among its workloads; null where it has none. `quick_plan` says what a
    quick one predicts (services/quick_plans.py).
    """

    __tablename__ = "profiles"
    __table_args__ = (Index(None, "device_id", "state"), Index(None, "refresh_at"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"))
    conditions_id: Mapped[str] = mapped_column(ForeignKey("conditions.id"))
    max_age_s: Mapped[float | None]
    priority: Mapped[int] = mapped_column(server_default="0")
    refresh: Mapped[dict[str, Any] | None]
    refresh_at: Mapped[datetime | None]
    anchors: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    quick_plan: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    table_id: Mapped[str | None] = mapped_column(ForeignKey("latency_tables.id"))
    snapshot_id: Mapped[str | None] = mapped_column(ForeignKey("snapshots.id"))


class ProfileWorkload(Base):
    """One workload of a profile, and the job that measures it; no job where the table held it already."""

    __tablename__ = "profile_workloads"
    __table_args__ = (Index(None, "profile_id", "job_id"),)

    profile_id: Mapped[str] = mapped_column(ForeignKey("profiles.id"), primary_key=True)
    workload_key: Mapped[str] = mapped_column(ForeignKey("workloads.key"), primary_key=True)
    job_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id"), index=True)


class Job(Base):
    """One workload to measure on a device under conditions; at most one such job is active at a time.

    The queue is in the order of `precedence` (minus the priority), then of `position`, the job's virtual start time.
    `returns` counts how often it was handed back unmeasured. `lease_token` refers to leases.token; lending writes both
    in one transaction, and a foreign key would have each job of a batch checked.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index(
            "ix_jobs_queue",
            "device_id",
            "precedence",
            "position",
            "created_at",
            "id",
            sqlite_where=_QUEUED,
            postgresql_where=_QUEUED,
        ),
        Index(
            "uq_jobs_active",
            "device_id",
            "conditions_id",
            "workload_key",
            unique=True,
            sqlite_where=_ACTIVE,
            postgresql_where=_ACTIVE,
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"))
    conditions_id: Mapped[str] = mapped_column(ForeignKey("conditions.id"))
    workload_key: Mapped[str] = mapped_column(ForeignKey("workloads.key"))
    precedence: Mapped[int] = mapped_column(server_default="0")
    position: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    returns: Mapped[int] = mapped_column(server_default="0")
    lease_token: Mapped[str | None] = mapped_column(String(32), index=True)
    error_class: Mapped[str | None] = mapped_column(String(16))
    error_message: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Lease(Base):
    """A batch of jobs lent to one life of an agent; it lives until `expires_at` or `ended_at`."""

    __tablename__ = "leases"
    __table_args__ = (
        Index("ix_leases_alive", "device_id", "expires_at", sqlite_where=_NOT_ENDED, postgresql_where=_NOT_ENDED),
    )

    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"))
    state_id: Mapped[int] = mapped_column(ForeignKey("device_states.id"))
    agent_id: Mapped[str] = mapped_column(String(64), server_default="")
    conditions_id: Mapped[str] = mapped_column(ForeignKey("conditions.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class LeaseJob(Base):
    """One job of a lease, and the how-manieth attempt that was; it stays when the lease has ended.

    Neither column is a foreign key: lending writes them together with what they refer to.
    """

    __tablename__ = "lease_jobs"

    lease_token: Mapped[str] = mapped_column(String(32), primary_key=True)
    job_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    attempt: Mapped[int]


class FailedAttempt(Base):
    """Why one attempt gave no timing. Never changed or deleted; the id is the agent's."""

    __tablename__ = "failed_attempts"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), index=True)
    attempt: Mapped[int]
    agent_id: Mapped[str] = mapped_column(String(64), server_default="")
    error_class: Mapped[str] = mapped_column(String(16))
    message: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
