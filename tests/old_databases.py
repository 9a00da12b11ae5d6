"""Databases as released versions of the service left them: rows of every table, for any revision since the first."""

from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, MetaData, Table

from latency_service.contract.keys import format_key
from latency_service.contract.measurement import PROTOCOL_VERSION, Measurement
from latency_service.contract.messages import Snapshot
from latency_service.repositories.conditions import conditions_id
from latency_service.repositories.latency_tables import table_id
from tests.service_data import CONDITIONS, DEVICE, START, ZERO, measurement, op, registration

Rows = dict[str, list[dict[str, Any]]]

#: What the first version knew of conditions.
_FIRST_CONDITIONS = ("runtime", "precision", "batch_size", "threads", "cache_state", "mode")

FINGERPRINT = registration().state.fingerprint
CONDITIONS_ID = conditions_id(CONDITIONS)
TABLE_ID = table_id(DEVICE, FINGERPRINT, CONDITIONS_ID, PROTOCOL_VERSION)
SNAPSHOT_ID = "5" * 32
TOKEN = "70" * 16
RUNNING, DONE = "running-profile", "done-profile"
#: Measured twice, measured once but noisily, lent, waiting, failed.
MEASURED, NOISY, LENT, WAITING, FAILED = (str(format_key(op(number))) for number in range(1, 6))
MEDIAN_MS = 2.0

_STATES = {MEASURED: "succeeded", NOISY: "succeeded", LENT: "leased", WAITING: "queued", FAILED: "failed"}
_JOBS = {key: f"job-{number}" for number, key in enumerate(_STATES)}


def fill(connection: Connection) -> None:
    """Insert rows into the tables of the revision that the database is at; they must be empty."""
    metadata = MetaData()
    metadata.reflect(connection)
    for name, rows in rows_of_the_first_release().items():
        connection.execute(metadata.tables[name].insert(), rows)


def read(connection: Connection, like: Rows) -> Rows:
    """Return the rows of the same tables, and of them the same columns, as those of others."""
    metadata = MetaData()
    metadata.reflect(connection)
    return {name: _rows(connection, metadata.tables[name], list(rows[0])) for name, rows in like.items()}


def _rows(connection: Connection, table: Table, columns: list[str]) -> list[dict[str, Any]]:
    rows = [{name: row[name] for name in columns} for row in connection.execute(table.select()).mappings()]
    return sorted(rows, key=repr)


def rows_of_the_first_release() -> Rows:
    """Return rows by table, parents first: a device, its table, a profile that is done and one that runs."""
    return _devices() | _workloads() | _latencies() | _work() | _profiles()


def snapshot() -> bytes:
    """Return the bytes of the one snapshot, as they were served."""
    served = Snapshot.model_validate(
        {
            "snapshot_id": SNAPSHOT_ID,
            "table_id": TABLE_ID,
            "device": DEVICE,
            "device_state": FINGERPRINT,
            "conditions": CONDITIONS,
            "protocol_version": PROTOCOL_VERSION,
            "ops": (),
            "networks": (),
        }
    )
    return orjson.dumps(served.model_dump(mode="json", exclude={"provenance", "source"}))


def _devices() -> Rows:
    told = registration()
    device = {
        "id": "device",
        "name": DEVICE,
        "description": told.description.model_dump(mode="json"),
        "fingerprint": FINGERPRINT,
        "agent_version": "0.1.0",
        "protocol_version": PROTOCOL_VERSION,
        "registered_at": START,
        "last_seen_at": START,
    }
    state = {"device_id": "device", "fingerprint": FINGERPRINT, "facts": told.state.facts}
    conditions = CONDITIONS.model_dump(include=set(_FIRST_CONDITIONS))
    return {
        "devices": [device],
        "device_states": [state | {"first_seen_at": START, "last_seen_at": START}],
        "conditions": [{"id": CONDITIONS_ID, **conditions}],
    }


def _workloads() -> Rows:
    ops = [{"key": key, "kind": "identity", "spec": key} for key in (MEASURED, NOISY, LENT, WAITING, FAILED)]
    return {"workloads": [*ops, {"key": format_key(ZERO), "kind": "zero", "spec": format_key(ZERO)}]}


def _latencies() -> Rows:
    table = {
        "id": TABLE_ID,
        "state_id": 1,
        "conditions_id": CONDITIONS_ID,
        "protocol_version": PROTOCOL_VERSION,
        "created_at": START,
        "latest_snapshot_id": SNAPSHOT_ID,
    }
    measured = [
        (1, MEASURED, measurement(MEDIAN_MS / 2)),
        (2, MEASURED, measurement(MEDIAN_MS)),
        (3, NOISY, measurement(3.0, verdict="noisy")),
    ]
    cut = {"id": SNAPSHOT_ID, "table_id": TABLE_ID, "content": snapshot(), "created_at": START}
    return {
        "latency_tables": [table],
        "snapshots": [cut],
        "measurements": [_measurement(*each) for each in measured],
        "measurement_bodies": [
            {"measurement_id": f"measurement-{number}", "body": each.model_dump_json()} for number, _, each in measured
        ],
    }


def _measurement(number: int, key: str, measured: Measurement) -> dict[str, Any]:
    return {
        "id": f"measurement-{number}",
        "body_hash": str(number) * 64,
        "table_id": TABLE_ID,
        "workload_key": key,
        "attempt": 1,
        "leased": True,
        "verdict": measured.verdict,
        "reasons": list(measured.reasons),
        "summary": measured.summary.model_dump(mode="json"),
        "started_at": measured.started_at + timedelta(hours=number),
        "finished_at": measured.finished_at + timedelta(hours=number),
        "received_at": START + timedelta(hours=number),
    }


def _work() -> Rows:
    lease = {"token": TOKEN, "device_id": "device", "state_id": 1, "conditions_id": CONDITIONS_ID}
    failure = {"id": "failure", "body_hash": "f" * 64, "job_id": _JOBS[FAILED], "attempt": 3}
    return {
        "leases": [lease | {"created_at": START, "expires_at": START + timedelta(seconds=90), "ended_at": None}],
        "jobs": [_job(key) for key in _JOBS],
        "lease_jobs": [{"lease_token": TOKEN, "job_id": _JOBS[LENT], "attempt": 1}],
        "failed_attempts": [failure | {"error_class": "crashed", "message": "signal 11", "received_at": START}],
    }


def _job(key: str) -> dict[str, Any]:
    state = _STATES[key]
    has_ended = state in ("succeeded", "failed")
    return {
        "id": _JOBS[key],
        "device_id": "device",
        "conditions_id": CONDITIONS_ID,
        "workload_key": key,
        "position": int(_JOBS[key][-1]),
        "state": state,
        "attempts": {"queued": 0, "failed": 3}.get(state, 1),
        "lease_token": TOKEN if state == "leased" else None,
        "error_class": "crashed" if state == "failed" else None,
        "error_message": "signal 11" if state == "failed" else None,
        "created_at": START,
        "finished_at": START if has_ended else None,
    }


def _profiles() -> Rows:
    profile = {"device_id": "device", "conditions_id": CONDITIONS_ID, "max_age_s": None, "created_at": START}
    unfinished = {"state": "running", "finished_at": None, "table_id": None, "snapshot_id": None}
    finished = {"state": "done", "finished_at": START, "table_id": TABLE_ID, "snapshot_id": SNAPSHOT_ID}
    links = [
        (DONE, MEASURED, _JOBS[MEASURED]),
        *((RUNNING, key, _JOBS[key]) for key in sorted(_JOBS)),
        (RUNNING, format_key(ZERO), None),
    ]
    return {
        "profiles": [{"id": DONE, **profile, **finished}, {"id": RUNNING, **profile, **unfinished}],
        "profile_workloads": [
            {"profile_id": profile_id, "workload_key": key, "job_id": job_id} for profile_id, key, job_id in links
        ],
    }
