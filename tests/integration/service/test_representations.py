"""Snapshots over HTTP in every form: JSON, CSV, Parquet, Arrow; plain, gzip, zstd."""

import csv
import gzip
import io

import pyarrow
import pyarrow.parquet
import pytest
import zstandard
from httpx import Response
from starlette.testclient import TestClient

from latency_service.contract.messages import ProfileStatus, Snapshot
from tests.integration.service.calls import assert_problem, measured
from tests.service_data import keys

CSV, PARQUET, ARROW = "text/csv", "application/vnd.apache.parquet", "application/vnd.apache.arrow.stream"


@pytest.fixture
def status(client: TestClient) -> ProfileStatus:
    return measured(client)


def get(
    client: TestClient, status: ProfileStatus, accept: str = "*/*", coding: str = "identity", **more: str
) -> Response:
    headers = {"Accept": accept, "Accept-Encoding": coding} | more
    response: Response = client.get(f"/v1/snapshots/{status.snapshot_id}", headers=headers)
    return response


def raw(client: TestClient, status: ProfileStatus, coding: str) -> bytes:
    """Return a body as it was sent, whatever its coding."""
    headers = {"Accept-Encoding": coding}
    with client.stream("GET", f"/v1/snapshots/{status.snapshot_id}", headers=headers) as response:
        assert response.headers["content-encoding"] == coding
        return b"".join(response.iter_raw())


def test_a_snapshot_is_sent_as_it_was_cut(client: TestClient, status: ProfileStatus) -> None:
    response = get(client, status)
    assert response.headers["content-type"] == "application/json"
    assert "content-encoding" not in response.headers
    assert Snapshot.model_validate_json(response.content).snapshot_id == status.snapshot_id
    assert response.headers["vary"] == "accept, accept-encoding"


def test_every_coding_holds_the_same_bytes(client: TestClient, status: ProfileStatus) -> None:
    plain = get(client, status).content
    assert gzip.decompress(raw(client, status, "gzip")) == plain
    assert zstandard.decompress(raw(client, status, "zstd")) == plain


def test_a_spreadsheet_gets_one_row_an_entry(client: TestClient, status: ProfileStatus) -> None:
    response = get(client, status, CSV)
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [row["workload"] for row in rows] == keys(2)
    assert {(row["device"], row["unit"], row["snapshot_id"]) for row in rows} == {("board", "ms", status.snapshot_id)}


@pytest.mark.parametrize("media_type", [PARQUET, ARROW])
def test_a_data_frame_gets_typed_columns(client: TestClient, status: ProfileStatus, media_type: str) -> None:
    response = get(client, status, media_type)
    assert response.headers["content-type"] == media_type
    source = io.BytesIO(response.content)
    table = pyarrow.parquet.read_table(source) if media_type == PARQUET else pyarrow.ipc.open_stream(source).read_all()
    assert table.column("workload").to_pylist() == keys(2)
    assert table.column("latency_ms").to_pylist() == [1.0, 1.0]
    assert table.schema.metadata[b"snapshot_id"] == f'"{status.snapshot_id}"'.encode()


@pytest.mark.parametrize("accept", ["application/json", CSV, PARQUET, ARROW])
@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
def test_who_has_a_form_is_not_sent_it_again(
    client: TestClient, status: ProfileStatus, accept: str, coding: str
) -> None:
    first = get(client, status, accept, coding if accept != PARQUET else "identity")
    again = get(
        client, status, accept, coding if accept != PARQUET else "identity", **{"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "vary", "cache-control"):
        assert again.headers[name] == first.headers[name]


def test_who_has_another_form_is_sent_this_one(client: TestClient, status: ProfileStatus) -> None:
    as_json = get(client, status).headers["etag"]
    assert get(client, status, CSV, **{"If-None-Match": as_json}).status_code == 200
    assert get(client, status, coding="gzip", **{"If-None-Match": as_json}).status_code == 304


def test_the_latest_snapshot_comes_in_every_form_too(client: TestClient, status: ProfileStatus) -> None:
    path = f"/v1/tables/{status.table_id}/snapshots/latest"
    latest = client.get(path, headers={"Accept": CSV})
    assert latest.content == get(client, status, CSV).content
    assert latest.headers["cache-control"] == "no-cache"


def test_no_proxy_keeps_what_a_key_was_needed_for(client: TestClient, status: ProfileStatus) -> None:
    assert get(client, status).headers["cache-control"] == "private, max-age=31536000, immutable"


def test_a_form_that_there_is_not_is_a_problem_that_names_those_there_are(
    client: TestClient, status: ProfileStatus
) -> None:
    problem = assert_problem(get(client, status, "text/html"), 406, "not_acceptable")
    assert PARQUET in problem["detail"]
    assert_problem(get(client, status, coding="br, identity;q=0"), 406, "not_acceptable")


def test_a_snapshot_that_is_not_there_is_not_found_even_by_who_claims_to_have_it(client: TestClient) -> None:
    response = client.get("/v1/snapshots/nothing", headers={"If-None-Match": '"nothing"'})
    assert_problem(response, 404, "snapshot_not_found")


def test_the_snapshots_of_a_table_are_listed_in_pages(client: TestClient, status: ProfileStatus) -> None:
    path = f"/v1/tables/{status.table_id}/snapshots"
    (cut,) = client.get(path).json()["snapshots"]
    assert (cut["snapshot_id"], cut["entries"]) == (status.snapshot_id, 2)
    assert client.get(path, params={"before": status.snapshot_id}).json()["snapshots"] == []
    assert_problem(client.get(path, params={"before": "nothing"}), 404, "snapshot_not_found")
    assert_problem(client.get(path, params={"limit": "0"}), 422, "invalid_input")
