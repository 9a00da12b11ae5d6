"""Leasing under load: agents in processes of their own, each with its device, borrow and complete at once."""

from typing import Any

from sqlalchemy import ColumnElement, delete, insert, literal, select, text, update
from sqlalchemy.orm import Session

from benchmarks.filled_database import NOW, new_id, register
from benchmarks.lease_load import Order, completed_per_s, start, wait_until_ready
from latency_service.database import Database
from latency_service.engines import is_sqlite
from latency_service.repositories import conditions
from latency_service.tables import Device, Job, Lease, LeaseJob, Workload
from tests.service_data import CONDITIONS


def queue_jobs(database: Database, agents: int) -> tuple[Device, ...]:
    """Register the agents' devices and queue every known workload for each."""
    with database.writing() as session:
        session.expire_on_commit = False
        devices = tuple(register(session, f"agent-{number}") for number in range(agents))
        for device in devices:
            _queue(session, device)
    return devices


def jobs_per_s(
    database: Database, url: str, devices: tuple[Device, ...], batch: int, seconds: float, server: str | None = None
) -> float:
    """Return how many jobs a second all agents together lend and complete.

    Args:
        database: Holds the jobs that `queue_jobs` queued.
        url: Of that database.
        devices: One an agent.
        batch: How many jobs an agent borrows at once.
        seconds: For how long.
        server: A service to go through; None for the repositories alone.
    """
    _requeue(database)
    orders = [
        Order(
            database=None if server else url,
            server=server or "",
            device=device.name,
            device_id=device.id,
            fingerprint=device.fingerprint,
            batch=batch,
            seconds=seconds,
        )
        for device in devices
    ]
    agents = [start(order) for order in orders]
    for agent in agents:
        wait_until_ready(agent)
    for agent in agents:
        assert agent.stdin is not None
        agent.stdin.write("go\n")
    return sum(map(completed_per_s, agents))


def _queue(session: Session, device: Device) -> None:
    values: dict[str, ColumnElement[Any]] = {
        "id": new_id(session),
        "device_id": literal(device.id),
        "conditions_id": literal(conditions.ensure(session, CONDITIONS)),
        "position": literal(0),
        "state": literal("queued"),
        "attempts": literal(0),
        "created_at": literal(NOW),
    }
    rows = select(*values.values(), Workload.key)
    session.execute(insert(Job).from_select([*values, "workload_key"], rows))


def _requeue(database: Database) -> None:
    """Let the jobs be as if none had ever been lent."""
    with database.writing() as session:
        ran = Job.state != "queued"
        session.execute(update(Job).where(ran).values(state="queued", attempts=0, lease_token=None, finished_at=None))
        for table in (LeaseJob, Lease):
            session.execute(delete(table))
    if not is_sqlite(database.engine):
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE jobs, leases, lease_jobs"))
