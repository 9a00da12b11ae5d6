"""A line to a service that answers as a test says, and the delivery of results over it."""

import json
from pathlib import Path

import httpx

from device_agents.supervisor.delivery import Delivery
from device_agents.supervisor.spool import Spool
from latency_service.contract.errors import ServiceUnavailable
from tests.unit.device_agents.parts import TOKEN, a_result, client_of


class Line:
    """The service at the other end; `response` is what it answers now, and `outcomes` of a batch, by job.

    Attributes:
        batches: How many results each request had.
        chokes_on: The job whose results it answers with an internal error.
    """

    def __init__(self, tmp_path: Path) -> None:
        self.response = httpx.Response(200, json={"status": "accepted"})
        self.paths: list[str] = []
        self.now_s = 0.0
        self.chokes_on = ""
        self.batches: list[int] = []
        self.batch_response: httpx.Response | None = None
        self.outcomes: dict[str, dict[str, object]] = {}
        self.spool = Spool(tmp_path)
        client = client_of(httpx.MockTransport(self._handle), attempts=1)
        self.delivery = Delivery(client, self.spool, lambda: self.now_s)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(request.url.path)
        body = json.loads(request.content)
        results = body.get("results", [body])
        self.batches.append(len(results))
        if self.chokes_on in [result["job_id"] for result in results]:
            return httpx.Response(500, text="boom")
        if request.method == "PUT" or self.response.status_code != 200:
            return self.response
        return self.batch_response or httpx.Response(200, json={"outcomes": [self._outcome(each) for each in results]})

    def _outcome(self, result: dict[str, str]) -> dict[str, object]:
        return {"result_id": result["result_id"]} | self.outcomes.get(result["job_id"], {"status": "accepted"})

    def spool_results(self, count: int) -> None:
        """Put results of one lease into the spool, as a former life would have."""
        for number in range(count):
            self.spool.put(TOKEN, a_result(number))

    @property
    def jobs_waiting(self) -> list[str]:
        return [spooled.result.job_id for spooled in self.spool.pending()]

    def deliver_what_can_be(self) -> None:
        """Do as the daemon does: try again each time that the service was away, until all has been tried."""
        for _ in range(10):
            try:
                self.delivery.deliver_all()
            except ServiceUnavailable:
                continue
            return
        raise AssertionError("a result blocks all others")

    @property
    def waiting(self) -> int:
        return len(list(self.spool.pending()))
