"""Reads from memory answer what the routes answer, to the byte."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from latency_service.api.app import create_app
from latency_service.api.hot_reads import HotReads
from latency_service.settings import Settings
from tests.integration.service.calls import measured
from tests.service_data import DEVICE, ManualClock, keys

SAME_ID = {"x-request-id": "same"}
CONDITIONS = "device=board&runtime=onnxruntime"
QUERIES = (
    f"{CONDITIONS}&op={keys(1)[0]}",
    f"op={keys(2)[1]}&{CONDITIONS}&threads=1&precision=fp32",
    f"{CONDITIONS}&op={keys(3)[2]}",
    f"{CONDITIONS}&op=nonsense",
    f"{CONDITIONS}&op={keys(1)[0]}&threads=0",
    f"{CONDITIONS}&op={keys(1)[0]}&threads=2",
    f"{CONDITIONS}&op={keys(1)[0]}&threads=%31",
    f"{CONDITIONS}&op={keys(1)[0]}&threads=",
    f"{CONDITIONS}&op={keys(1)[0]}&op={keys(2)[1]}",
    f"{CONDITIONS}&op={keys(1)[0]}&unknown=1",
    f"{CONDITIONS}&op={keys(1)[0]}&allow_predicted=true",
    f"{CONDITIONS}&op={keys(3)[2]}&allow_predicted=true",
    f"{CONDITIONS}&op={keys(3)[2]}&allow_predicted=false",
    f"device=nobody&runtime=onnxruntime&op={keys(1)[0]}",
    f"{CONDITIONS}&op={'x' * 600}",
    CONDITIONS,
    "",
    "&&=",
    "%ff",
)
BODIES: tuple[Any, ...] = (
    {"ops": keys(2)},
    {"ops": [keys(2)[1]] * 3},
    {"ops": keys(3)},
    {"ops": []},
    {"ops": [1]},
    {"ops": [[]]},
    {"ops": "nonsense"},
    {"ops": None},
    {"ops": keys(1) * 20_001},
    {"ops": keys(2), "unknown": 1},
    {"ops": keys(2), "allow_predicted": True},
    {"ops": keys(3), "allow_predicted": True},
    {"ops": keys(3), "allow_predicted": False},
    {"keys": keys(2)},
    [],
    None,
)


WISHES: tuple[dict[str, str], ...] = (
    {},
    {"accept": "application/json"},
    {"accept": "text/csv"},
    {"accept": "text/csv;q=0.5, application/vnd.apache.parquet"},
    {"accept": "image/png"},
    {"accept-encoding": "gzip"},
    {"accept-encoding": "zstd, gzip"},
    {"accept-encoding": "identity;q=0, br"},
    {"accept-encoding": "identity", "if-none-match": "*"},
    {"accept-encoding": "gzip", "if-none-match": '"another"'},
    {"accept-encoding": "gzip", "if-none-match": '"another", ' * 100 + "*"},
)


@pytest.fixture
def warm(settings: Settings, clock: ManualClock) -> FastAPI:
    """A service whose memory does not fade, as its clock stands still."""
    return create_app(settings, clock, monotonic=lambda: 0.0)


@pytest.fixture
def by_routes(settings: Settings, clock: ManualClock) -> Iterator[TestClient]:
    """A service on the same database that remembers nothing."""
    app = create_app(settings.model_copy(update={"latest_ttl_s": 0}), clock)
    with TestClient(app, raise_server_exceptions=False, headers=SAME_ID) as client:
        yield client


@pytest.fixture
def from_memory(warm: FastAPI) -> Iterator[TestClient]:
    with TestClient(warm, raise_server_exceptions=False, headers=SAME_ID) as client:
        yield client


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand for the routes, where none may be reached."""
    raise AssertionError(f"{scope['path']} was not answered from memory")


def same(one: Any, other: Any) -> bool:
    return (one.status_code, one.content, dict(one.headers)) == (other.status_code, other.content, dict(other.headers))


@pytest.mark.parametrize("query", QUERIES)
def test_one_latency_is_the_same_both_ways(from_memory: TestClient, by_routes: TestClient, query: str) -> None:
    measured(from_memory)
    answers = [client.get(f"/v1/latency?{query}") for client in (by_routes, from_memory, from_memory)]
    assert same(answers[0], answers[1])
    assert same(answers[0], answers[2])


@pytest.mark.parametrize("body", BODIES)
def test_a_lookup_is_the_same_both_ways(from_memory: TestClient, by_routes: TestClient, body: Any) -> None:
    path = f"/v1/tables/{measured(from_memory).table_id}/lookup"
    answers = [client.post(path, json=body) for client in (by_routes, from_memory, from_memory)]
    assert same(answers[0], answers[1])
    assert same(answers[0], answers[2])


@pytest.mark.parametrize(
    ("content", "media_type"), [(b'{"ops": ', "application/json"), (b"{}", "text/plain"), (b"", "application/json")]
)
def test_a_body_that_is_no_json_is_refused_the_same_both_ways(
    from_memory: TestClient, by_routes: TestClient, content: bytes, media_type: str
) -> None:
    path = f"/v1/tables/{measured(from_memory).table_id}/lookup"
    answers = [
        client.post(path, content=content, headers={"content-type": media_type}) for client in (by_routes, from_memory)
    ]
    assert answers[0].status_code == 422
    assert same(*answers)


def test_a_body_in_pieces_is_read_to_its_end_and_handed_on_whole(
    from_memory: TestClient, by_routes: TestClient
) -> None:
    path = f"/v1/tables/{measured(from_memory).table_id}/lookup"
    for wanted in (keys(2), keys(3)):
        pieces = [b'{"ops": [', b",".join(b'"%b"' % key.encode() for key in wanted), b"]}"]
        answers = [
            client.post(path, content=iter(pieces), headers={"content-type": "application/json"})
            for client in (by_routes, from_memory, from_memory)
        ]
        assert same(answers[0], answers[1])
        assert same(answers[0], answers[2])


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("path", ["/v1/snapshots/{snapshot}", "/v1/tables/{table}/snapshots/latest"])
def test_a_snapshot_is_the_same_both_ways(
    from_memory: TestClient, by_routes: TestClient, path: str, wish: dict[str, str]
) -> None:
    status = measured(from_memory)
    path = path.format(snapshot=status.snapshot_id, table=status.table_id)
    answers = [client.get(path, headers=wish) for client in (by_routes, from_memory, from_memory)]
    assert same(answers[0], answers[1])
    assert same(answers[0], answers[2])


@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
def test_who_has_a_snapshot_is_told_so_both_ways(from_memory: TestClient, by_routes: TestClient, coding: str) -> None:
    path = f"/v1/snapshots/{measured(from_memory).snapshot_id}"
    etag = from_memory.get(path, headers={"accept-encoding": coding}).headers["etag"]
    known = {"accept-encoding": coding, "if-none-match": f'"another", W/{etag}'}
    answers = [client.get(path, headers=known) for client in (by_routes, from_memory)]
    assert [answer.status_code for answer in answers] == [304, 304]
    assert same(*answers)


@pytest.mark.parametrize("path", ["/v1/snapshots/nothing", "/v1/tables/nothing/snapshots/latest"])
def test_a_snapshot_that_is_not_there_is_not_found_both_ways(
    from_memory: TestClient, by_routes: TestClient, path: str
) -> None:
    answers = [client.get(path, headers={"if-none-match": "*"}) for client in (by_routes, from_memory)]
    assert answers[0].status_code == 404
    assert same(*answers)


def test_what_is_warm_is_read_without_a_route(warm: FastAPI, from_memory: TestClient) -> None:
    status, context = measured(from_memory), warm.state.context
    reads = (
        ("GET", f"/v1/latency?device={DEVICE}&runtime=onnxruntime&op={keys(1)[0]}", None),
        ("POST", f"/v1/tables/{status.table_id}/lookup", {"ops": keys(2)}),
        ("GET", f"/v1/snapshots/{status.snapshot_id}", None),
        ("GET", f"/v1/tables/{status.table_id}/snapshots/latest", None),
    )
    alone = TestClient(HotReads(refuse, context.tables, context.forms))
    for method, path, message in reads:
        expected = from_memory.request(method, path, json=message)
        assert expected.status_code == 200
        assert alone.request(method, path, json=message).content == expected.content


@pytest.mark.parametrize("header", ["accept", "accept-encoding", "if-none-match"])
def test_what_is_remembered_of_headers_is_bounded(warm: FastAPI, from_memory: TestClient, header: str) -> None:
    """Answers to headers are remembered, so long ones, which anybody may send, go to the routes."""
    path, context = f"/v1/snapshots/{measured(from_memory).snapshot_id}", warm.state.context
    long_wish = {"accept-encoding": "identity", header: "*/*, " * 1000}
    assert from_memory.get(path, headers=long_wish).status_code == 200
    with pytest.raises(AssertionError, match="not answered from memory"):
        TestClient(HotReads(refuse, context.tables, context.forms)).get(path, headers=long_wish)
