"""Lease load: one agent that borrows batches and completes them at once, against the repositories or over HTTP.

Started as a module it reads an Order on stdin, says when it is ready, waits for a further line, and writes how many
jobs it completed on stdout. Over the repositories a
lease and its completion are two transactions, each committed, as they are in the service; results are none.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import orjson
from pydantic import BaseModel
from sqlalchemy.orm import Session

from latency_service.contract.messages import LeaseRequest
from latency_service.database import Database
from latency_service.repositories import jobs, leases, lending
from latency_service.repositories.lending import Borrower
from tests.service_data import measurement

RUNTIMES = ("onnxruntime",)
LEASE = timedelta(seconds=90)
_GRACE_S = 60.0


class Order(BaseModel):
    """What one agent does.

    Attributes:
        database: Its URL; None to go over HTTP.
        server: The service's URL, where it goes over HTTP.
    """

    database: str | None
    server: str
    device: str
    device_id: str
    fingerprint: str
    batch: int
    seconds: float


def start(order: Order) -> "subprocess.Popen[str]":
    """Start an agent in a process of its own; it waits for a line on stdin before it measures."""
    command = [sys.executable, "-m", "benchmarks.lease_load"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    assert process.stdin is not None
    process.stdin.write(f"{order.model_dump_json()}\n")
    return process


def wait_until_ready(process: "subprocess.Popen[str]") -> None:
    """Return once the agent has done its first batch, which opens what stays open."""
    assert process.stdout is not None
    process.stdout.readline()


def completed_per_s(process: "subprocess.Popen[str]") -> float:
    """Return how many jobs a second the agent completed, once it has ended."""
    answer, _ = process.communicate(timeout=_GRACE_S)
    if process.returncode:
        raise RuntimeError("an agent of the benchmark failed; it has said why on stderr")
    return float(answer)


def carry_out(order: Order) -> float:
    """Borrow and complete until the time is over or the queue is empty; return how many jobs a second that were."""
    if order.database is None:
        with httpx.Client(base_url=order.server, timeout=_GRACE_S) as client:
            return _repeat(lambda: _over_http(client, order), order)
    database = Database(order.database, pool_size=1)
    try:
        return _repeat(lambda: _over_repositories(database, order), order)
    finally:
        database.close()


def _repeat(lend_and_complete: Callable[[], int], order: Order) -> float:
    done = 0
    lend_and_complete()
    print("ready", flush=True)
    sys.stdin.readline()
    start, elapsed_s = time.perf_counter(), 0.0
    while elapsed_s < order.seconds and (batch := lend_and_complete()):
        done += batch
        elapsed_s = time.perf_counter() - start
    return done / elapsed_s if done else 0.0


def _over_repositories(database: Database, order: Order) -> int:
    token, now = uuid4().hex, datetime.now(UTC)
    borrower = Borrower(order.device_id, order.fingerprint, "", RUNTIMES, 1)
    batch = database.write(lambda session: lending.lend(session, token, borrower, order.batch, now, now + LEASE))
    job_ids = [job.id for job in batch.jobs] if batch else []

    def complete(session: Session) -> int:
        leases.hold(session, token)
        ended = jobs.complete(session, token, job_ids, now)
        leases.end_if_idle(session, token, now)
        return len(ended)

    return database.write(complete) if job_ids else 0


def _over_http(client: httpx.Client, order: Order) -> int:
    wanted = LeaseRequest(device=order.device, device_state=order.fingerprint, runtimes=RUNTIMES, max_jobs=order.batch)
    lease = orjson.loads(client.post("/v1/leases", json=wanted.model_dump()).raise_for_status().content or b"{}")
    if not lease:
        return 0
    results = [
        {"result_id": str(uuid4()), "job_id": job["job_id"], "measurement": _MEASUREMENT} for job in lease["jobs"]
    ]
    content = orjson.dumps({"results": results})
    headers = {"content-type": "application/json"}
    answer = client.post(f"/v1/leases/{lease['token']}/results", content=content, headers=headers).raise_for_status()
    return sum(outcome["status"] == "accepted" for outcome in answer.json()["outcomes"])


_MEASUREMENT = measurement().model_dump(mode="json")


def _main() -> None:
    print(carry_out(Order.model_validate_json(sys.stdin.readline())))


if __name__ == "__main__":
    _main()
