"""The SQL tables, as SQLAlchemy models: what each holds, and the invariants that the database itself keeps."""

from latency_service.tables.access import ApiKey
from latency_service.tables.base import Base
from latency_service.tables.devices import Conditions, Device, DeviceState
from latency_service.tables.latencies import Entry, Import, LatencyTable, Measurement, MeasurementBody, Snapshot
from latency_service.tables.work import FailedAttempt, Job, Lease, LeaseJob, Profile, ProfileWorkload, Workload

__all__ = [
    "ApiKey",
    "Base",
    "Conditions",
    "Device",
    "DeviceState",
    "Entry",
    "FailedAttempt",
    "Import",
    "Job",
    "LatencyTable",
    "Lease",
    "LeaseJob",
    "Measurement",
    "MeasurementBody",
    "Profile",
    "ProfileWorkload",
    "Snapshot",
    "Workload",
]
