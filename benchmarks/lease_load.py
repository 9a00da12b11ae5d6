"""Lease load: one agent that borrows batches and completes them at once, against the repositories or over HTTP.

Started as a module it reads an Order on stdin and writes how many jobs it completed on stdout. Over the repositories a
lease and its completion are two transactions, each committed, as they are in the service; results are none.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import orjson
from pydantic import BaseModel

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
        server: The service's URL.
        start_at: When to begin, seconds since 1970: all agents at once.
    """

    database: str | None
    server: str
    device: str
    device_id: str
    fingerprint: str
    batch: int
    start_at: float
    seconds: float


def start(order: Order) -> "subprocess.Popen[bytes]":
    """Start an agent in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.lease_load"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(order.model_dump_json().encode())
    process.stdin.close()
    process.stdin = None
    return process


def completed(process: "subprocess.Popen[bytes]") -> int:
    """Return how many jobs the agent completed, once it has ended."""
    answer, _ = process.communicate(timeout=_GRACE_S)
    if process.returncode:
        raise RuntimeError("an agent of the benchmark failed; it has said why on stderr")
    return int(answer)


def carry_out(order: Order) -> int:
    """Borrow and complete until the time is over; return how many jobs were completed by then."""
    if order.database is None:
        with httpx.Client(base_url=order.server, timeout=_GRACE_S) as client:
            return _repeat(lambda: _over_http(client, order), order)
    database = Database(order.database, pool_size=1)
    try:
        return _repeat(lambda: _over_repositories(database, order), order)
    finally:
        database.close()


def _repeat(lend_and_complete: Callable[[], int], order: Order) -> int:
    done = 0
    lend_and_complete()  # opens what stays open
    time.sleep(max(0.0, order.start_at - time.time()))
    end = time.monotonic() + order.seconds
    while time.monotonic() < end:
        batch = lend_and_complete()
        if not batch:
            raise RuntimeError(f"the queue of {order.device} ran dry: queue more jobs, or measure for a shorter time")
        done += batch
    return done


def _over_repositories(database: Database, order: Order) -> int:
    token, now = uuid4().hex, datetime.now(UTC)
    borrower = Borrower(order.device_id, order.fingerprint, "", RUNTIMES, 1)
    batch = database.write(lambda session: lending.lend(session, token, borrower, order.batch, now, now + LEASE))
    job_ids = [job.id for job in batch.jobs] if batch else []

    def complete(session: Any) -> int:
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
    sys.stdout.write(str(carry_out(Order.model_validate_json(sys.stdin.buffer.read()))))


if __name__ == "__main__":
    _main()
