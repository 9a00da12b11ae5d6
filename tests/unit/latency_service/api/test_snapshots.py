import pytest

from latency_service.api.snapshots import snapshot_response


@pytest.mark.parametrize("header", ['"abc"', 'W/"abc"', '"x", "abc"', "*"])
def test_who_names_the_snapshot_has_it(header: str) -> None:
    assert snapshot_response("abc", b"{}", header, "no-cache").status_code == 304


@pytest.mark.parametrize("header", [None, "", "abc", '"ab"', '"abcd"'])
def test_who_does_not_name_the_snapshot_gets_it(header: str | None) -> None:
    response = snapshot_response("abc", b"{}", header, "no-cache")
    assert (response.status_code, response.body) == (200, b"{}")
    assert (response.headers["etag"], response.headers["cache-control"]) == ('"abc"', "no-cache")
