"""FleetAgent: an agent without a stopwatch - it registers, polls, renews and uploads over HTTP, one device each."""

import asyncio
import random
import time
from typing import Any
from uuid import uuid4

import orjson

from benchmarks.fleet_tally import FleetTally
from benchmarks.http_connection import HttpConnection
from latency_service.contract.messages import LeaseRequest
from tests.service_data import measurement, registration

RUNTIMES = ("onnxruntime",)
MAX_JOBS = 20
#: How long an agent is at a job, seconds: long enough that a batch needs renewals.
_JOB_S = (0.2, 0.8)
_MEASUREMENT = measurement().model_dump(mode="json")


class Caller:
    """Somebody who asks the service, and keeps account of it."""

    def __init__(self, port: int, tally: FleetTally) -> None:
        self._connection = HttpConnection(port)
        self._tally = tally

    async def ask(self, kind: str, method: str, path: str, message: object = None) -> Any:
        """Return what was answered, or None for nothing and for an error, which is tallied."""
        body = b"" if message is None else orjson.dumps(message)
        start = time.perf_counter()
        try:
            status, content = await self._connection.ask(method, path, body)
        except OSError as error:  # TimeoutError is one
            self._connection.close()
            self._tally.errors[kind, type(error).__name__] += 1
            return None
        self._tally.times_ms[kind].append(1000 * (time.perf_counter() - start))
        if not 200 <= status < 300:
            self._tally.errors[kind, f"{status}: {content[:200].decode(errors='replace')}"] += 1
            return None
        return orjson.loads(content) if content else None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class FleetAgent:
    """One agent of the fleet, for one device.

    Args:
        name: The device's.
        port: Of the replica that it speaks to.
        tally: Where it keeps account.
        rng: Draws its pauses.
    """

    def __init__(self, name: str, port: int, tally: FleetTally, rng: random.Random) -> None:
        self._name = name
        self._caller = Caller(port, tally)
        self._tally = tally
        self._rng = rng
        self._request: dict[str, Any] = {}
        self._intervals: dict[str, Any] = {}

    async def register(self) -> None:
        """Tell the service who it is; it says how often to ask."""
        message = registration(self._name)
        wanted = LeaseRequest(
            device=self._name,
            device_state=message.state.fingerprint,
            agent_id=uuid4().hex,
            runtimes=RUNTIMES,
            max_jobs=MAX_JOBS,
        )
        self._request = wanted.model_dump(mode="json")
        answer = None
        while answer is None:
            answer = await self._caller.ask("register", "POST", "/v1/devices", message.model_dump(mode="json"))
        self._intervals = answer

    async def work(self, is_over: asyncio.Event) -> None:
        """Poll, measure, upload, until it is over."""
        while not is_over.is_set():
            lease = await self._caller.ask("poll", "POST", "/v1/leases", self._request)
            if lease is None:
                await self._pause(is_over, self._rng.uniform(0.5, 1.5) * self._intervals["poll_s"])
            else:
                await self._measure(lease)
        self._caller.close()

    async def _measure(self, lease: dict[str, Any]) -> None:
        """Be at the jobs for a while, renew in time, and upload all results at once."""
        left_s = sum(self._rng.uniform(*_JOB_S) for _ in lease["jobs"])
        while left_s > 0:
            step_s = min(left_s, lease["renew_s"])
            await asyncio.sleep(step_s)
            left_s -= step_s
            if left_s > 0:
                await self._caller.ask("renew", "PUT", f"/v1/leases/{lease['token']}")
        await self._upload(lease)

    async def _upload(self, lease: dict[str, Any]) -> None:
        results = [
            {"result_id": str(uuid4()), "job_id": job["job_id"], "measurement": _MEASUREMENT} for job in lease["jobs"]
        ]
        jobs = {result["result_id"]: str(result["job_id"]) for result in results}
        answer = None
        while answer is None:  # the same results again, as a spool would; each error is tallied
            path = f"/v1/leases/{lease['token']}/results"
            answer = await self._caller.ask("upload", "POST", path, {"results": results})
        for outcome in answer["outcomes"]:
            if outcome["status"] == "accepted":
                self._tally.accept(outcome["result_id"], jobs[outcome["result_id"]])
            elif outcome["status"] != "duplicate":
                self._tally.errors["upload", outcome["status"]] += 1

    async def _pause(self, is_over: asyncio.Event, seconds: float) -> None:
        try:
            await asyncio.wait_for(is_over.wait(), seconds)
        except TimeoutError:
            return
