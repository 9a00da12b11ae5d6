from collections.abc import Callable, Iterator

import httpx
import pytest
import stamina

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import MissingEntries, ServiceUnavailable, TableNotFound
from latency_service.contract.messages import ProfileId, ProfileRequest, ProfileStatus, TableId
from latency_service.contract.network import WorkloadKey
from search_client.latency.client import ServiceClient, wait_for_profile
from tests.unit.search_client.fake_service import URL, FakeService, problem
from tests.unit.search_client.small_space import small_space, table_of


@pytest.fixture(autouse=True)
def _no_waits() -> Iterator[None]:
    stamina.set_testing(True, attempts=3)
    yield
    stamina.set_testing(False)


def client_of(answer: Callable[[httpx.Request], httpx.Response]) -> ServiceClient:
    return ServiceClient(URL, httpx.MockTransport(answer))


class FailingFirst:
    """Fails some times before it hands on to a service."""

    def __init__(self, times: int, failure: httpx.Response | Exception) -> None:
        self.service = FakeService(table_of(small_space()).snapshot)
        self.calls = 0
        self._times = times
        self._failure = failure

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        if self.calls > self._times:
            return self.service(request)
        if isinstance(self._failure, Exception):
            raise self._failure
        return self._failure


def test_a_table_and_its_snapshot_come_back_as_messages() -> None:
    service = FakeService(table_of(small_space()).snapshot)
    with client_of(service) as client:
        (table,) = client.tables(device="board", runtime="onnxruntime")
        assert client.latest_snapshot(table.table_id) == service.snapshot
        assert client.snapshot(service.snapshot.snapshot_id) == service.snapshot
    assert dict(service.requests[0].url.params) == {"device": "board", "runtime": "onnxruntime"}


def test_a_key_travels_with_every_request_and_shows_nowhere_else() -> None:
    service = FakeService(table_of(small_space()).snapshot)
    with ServiceClient(URL, httpx.MockTransport(service), key="plk_secret") as client:
        client.tables()
        client.snapshot(service.snapshot.snapshot_id)
    assert [request.headers["authorization"] for request in service.requests] == ["Bearer plk_secret"] * 2
    assert "secret" not in repr(client)


def test_a_service_that_asks_for_patience_is_asked_again() -> None:
    failing = FailingFirst(2, problem(429, "too_many_requests", "you ask too often"))
    with client_of(failing) as client:
        assert client.tables()
    assert failing.calls == 3


def test_every_request_has_an_id_that_the_services_errors_name() -> None:
    sent: list[str] = []

    def fail(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["x-request-id"])
        return problem(503, "service_unavailable", "the database is away")

    with client_of(fail) as client, pytest.raises(ServiceUnavailable) as raised:
        client.devices()
    assert len(set(sent)) == len(sent) == 3
    assert str(raised.value) == f"the database is away (request {sent[-1]})"


def test_a_problem_document_becomes_its_error_with_its_members() -> None:
    answer = problem(404, "missing_entries", "two are missing", missing=["a", "b"])
    with client_of(lambda _: answer) as client, pytest.raises(MissingEntries, match="two are") as raised:
        client.lookup(TableId("t"), [WorkloadKey("a"), WorkloadKey("b")])
    assert raised.value.extra == {"missing": ["a", "b"]}


@pytest.mark.parametrize("failure", [problem(503, "service_unavailable", "busy"), httpx.ConnectError("refused")])
def test_a_service_that_comes_back_is_asked_again(failure: httpx.Response | Exception) -> None:
    flaky = FailingFirst(2, failure)
    with client_of(flaky) as client:
        assert len(client.tables()) == 1
    assert flaky.calls == 3


def test_a_service_that_stays_away_is_named_with_what_to_do() -> None:
    with (
        client_of(FailingFirst(99, httpx.ConnectError("refused"))) as client,
        pytest.raises(ServiceUnavailable, match=rf"{URL} cannot be reached.*latency-service serve"),
    ):
        client.devices()


def test_a_request_that_is_refused_is_not_repeated() -> None:
    refusing = FailingFirst(99, problem(404, "table_not_found", "no such table"))
    with client_of(refusing) as client, pytest.raises(TableNotFound):
        client.latest_snapshot(TableId("none"))
    assert refusing.calls == 1


@pytest.mark.parametrize(
    "answer", [httpx.Response(200, text="<html>hello</html>"), httpx.Response(404, text="<html>no</html>")]
)
def test_an_answer_that_is_no_latency_services_is_said_to_be_so(answer: httpx.Response) -> None:
    with client_of(lambda _: answer) as client, pytest.raises(ServiceUnavailable, match="latency service"):
        client.devices()


@pytest.mark.parametrize("url", ["localhost:8000", "http://[::1", ""])
def test_an_impossible_url_is_refused(url: str) -> None:
    with pytest.raises(ServiceUnavailable), ServiceClient(url) as client:
        client.devices()


def test_waiting_for_a_profile_shows_every_status_and_pauses_between() -> None:
    service = FakeService(table_of(small_space()).snapshot)
    seen: list[ProfileStatus] = []
    pauses: list[int] = []
    request = ProfileRequest(
        device="board", conditions=Conditions(runtime="onnxruntime"), workloads=small_space().ops()
    )
    with client_of(service) as client:
        created = client.create_profile(request)
        status = wait_for_profile(client, ProfileId(created.profile_id), seen.append, lambda: pauses.append(len(seen)))
    assert service.profile == request
    assert [each.state for each in seen] == ["running", "done"]
    assert status == seen[-1]
    assert pauses == [1]
