"""A latency service for the agent's tests: real HTTP on loopback, nothing but memory behind it."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import DeviceId
from latency_service.contract.errors import LatencyError, LeaseExpired
from latency_service.contract.messages import (
    DeviceRegistered,
    DeviceRegistration,
    JobId,
    JobResult,
    Lease,
    LeasedJob,
    LeaseRenewed,
    LeaseRequest,
    LeaseToken,
    ResultAccepted,
    ResultBatch,
    ResultBatchAnswer,
    ResultOutcome,
)
from tests.loopback import QuietHandler, handling

Reply = tuple[int, BaseModel | None]


class FakeService:
    """Lends the jobs that it is given, in batches of `batch`, and remembers what agents say.

    Attributes:
        failing: While set, every call is answered by this status (5xx), or by this error.
        retry_after_s: While set, what every answer tells the agent to wait.
        goes_away_after_lending: Once a lease is lent, every call is answered 503.
        lose_leases: While set, renewals and results are answered 410.
        batches: How many results each upload of several had.
        goodbyes: The devices that were deregistered: their names, and which life of the agent said so.
    """

    def __init__(self) -> None:
        self.url = ""
        self.lock = threading.Lock()
        self.conditions = Conditions(runtime="fake")
        self.queue: list[LeasedJob] = []
        self.batch = 32
        self.renew_s = 0.05
        self.leases: dict[LeaseToken, tuple[LeasedJob, ...]] = {}
        self.results: dict[str, JobResult] = {}
        self.result_ids: list[str] = []
        self.registrations: list[DeviceRegistration] = []
        self.requests: list[LeaseRequest] = []
        self.renewals = 0
        self.released: list[str] = []
        self.batches: list[int] = []
        self.goodbyes: list[tuple[str, str]] = []
        self.cancelled: tuple[JobId, ...] = ()
        self.failing: int | LatencyError | None = None
        self.retry_after_s: int | None = None
        self.goes_away_after_lending = False
        self.lose_leases = False

    def answer(self, method: str, path: str, body: bytes) -> Reply:
        with self.lock:
            if isinstance(self.failing, LatencyError):
                raise self.failing
            if self.failing is not None:
                return self.failing, None
            parts = path.strip("/").split("/")
            if parts[1] == "devices" and method == "DELETE":
                self.goodbyes.append((parts[2], parts[3].removeprefix("registration?agent_id=")))
                return 204, None
            if parts[1] == "devices":
                return self._register(DeviceRegistration.model_validate_json(body))
            return self._leases(method, parts[2:], body)

    def _register(self, registration: DeviceRegistration) -> Reply:
        self.registrations.append(registration)
        fingerprint = registration.state.fingerprint
        return 200, DeviceRegistered(
            device_id=DeviceId("d1"), device_state=fingerprint, poll_s=0.02, renew_s=self.renew_s, lease_s=90
        )

    def _leases(self, method: str, parts: list[str], body: bytes) -> Reply:
        if not parts:
            return self._lend(LeaseRequest.model_validate_json(body))
        if method == "DELETE":
            self.released.append(parts[0])
            return 204, None
        if len(parts) == 1:
            self.renewals += 1
            self._refuse_the_lost()
            return 200, LeaseRenewed(expires_at=_soon(), cancelled=self.cancelled)
        if method == "POST":
            return self._take_batch(ResultBatch.model_validate_json(body))
        self._take(parts[2], JobResult.model_validate_json(body))
        self._refuse_the_lost()
        return 200, ResultAccepted(status="accepted")

    def _take_batch(self, batch: ResultBatch) -> Reply:
        for result in batch.results:
            self._take(str(result.result_id), result)
        self.batches.append(len(batch.results))
        outcome = "late" if self.lose_leases else "accepted"
        return 200, ResultBatchAnswer(
            outcomes=tuple(ResultOutcome(result_id=result.result_id, status=outcome) for result in batch.results)
        )

    def _take(self, result_id: str, result: JobResult) -> None:
        self.result_ids.append(result_id)
        self.results[result.job_id] = result

    def _lend(self, request: LeaseRequest) -> Reply:
        self.requests.append(request)
        jobs, self.queue = tuple(self.queue[: self.batch]), self.queue[self.batch :]
        if not jobs:
            return 204, None
        token = LeaseToken(uuid.uuid4().hex)
        self.leases[token] = jobs
        self.failing = 503 if self.goes_away_after_lending else None
        return 200, Lease(
            token=token,
            conditions=self.conditions,
            jobs=jobs,
            lease_s=90,
            renew_s=self.renew_s,
            expires_at=_soon(),
        )

    def _refuse_the_lost(self) -> None:
        if self.lose_leases:
            raise LeaseExpired("the lease ended; the measurement is kept as an observation")


@contextmanager
def serving(service: FakeService, port: int = 0) -> Iterator[FakeService]:
    """Serve on loopback; `service.url` says where."""

    class Handler(QuietHandler):
        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            try:
                status, answer = service.answer(self.command, self.path, body)
                content = b"" if answer is None else answer.model_dump_json().encode()
            except LatencyError as error:
                status = 410 if isinstance(error, LeaseExpired) else 409
                problem = {"title": "refused", "status": status, "detail": str(error), "code": error.code}
                content = json.dumps(problem).encode()
            self.send_response(status)
            if service.retry_after_s is not None:
                self.send_header("retry-after", str(service.retry_after_s))
            if status != 204:
                self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_DELETE = _handle

    with handling(Handler, port) as service.url:
        yield service


def _soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=90)
