import pytest
from hypothesis import given
from hypothesis import strategies as st

from latency_service.api.negotiation import Form, choose
from latency_service.contract.errors import NotAcceptable
from latency_service.interchange.media_types import JSON, MEDIA_TYPES

CSV, PARQUET, ARROW = "text/csv", "application/vnd.apache.parquet", "application/vnd.apache.arrow.stream"


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("", JSON.name),
        ("*/*", JSON.name),
        ("application/*", JSON.name),
        ("text/*", CSV),
        (CSV, CSV),
        ("TEXT/CSV", CSV),
        (f"{PARQUET}, {CSV};q=0.5", PARQUET),
        (f"{CSV};q=0.5, {ARROW};q=0.9", ARROW),
        (f"application/json;q=0.1, {CSV};q=0.2, */*;q=0.05", CSV),
        (f"{JSON.name};q=0, */*", CSV),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON.name),
        (f"{CSV}; header=present; q=1", CSV),
    ],
)
def test_the_media_type_is_the_one_that_the_caller_likes_best(accept: str, name: str) -> None:
    assert choose(accept, "").media_type.name == name


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        ("", "identity"),
        ("identity", "identity"),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("gzip;q=0.5, identity", "identity"),
        ("gzip;q=0", "identity"),
        ("br", "identity"),
        ("*", "zstd"),
        ("zstd;q=0, *", "gzip"),
        ("gzip;q=nan, zstd;q=much", "identity"),
    ],
)
def test_the_coding_is_the_one_that_the_caller_likes_best(accept_encoding: str, coding: str) -> None:
    assert choose("", accept_encoding).coding == coding


def test_what_is_compressed_already_is_not_compressed_again() -> None:
    assert choose(PARQUET, "gzip, zstd").coding == "identity"


@pytest.mark.parametrize(
    ("accept", "accept_encoding"),
    [("text/html", ""), ("*/*;q=0", ""), ("", "*;q=0"), ("", "br, identity;q=0"), (PARQUET, "gzip, identity;q=0")],
)
def test_who_takes_none_of_the_forms_is_told_which_there_are(accept: str, accept_encoding: str) -> None:
    with pytest.raises(NotAcceptable, match=r"application/json, text/csv|identity"):
        choose(accept, accept_encoding)


@given(st.text(alphabet="abjsontextcv/*;,=q.015 -"), st.text(alphabet="gzipstdenty*;,=q.015 -"))
def test_any_header_ends_in_a_form_or_in_a_refusal(accept: str, accept_encoding: str) -> None:
    try:
        form = choose(accept, accept_encoding)
    except NotAcceptable:
        return
    assert form.media_type in MEDIA_TYPES


def test_the_plain_json_of_a_snapshot_has_its_id_for_a_tag_and_every_other_form_another_one() -> None:
    tags = {Form(media_type, coding).etag("abc") for media_type in MEDIA_TYPES for coding in ("identity", "gzip")}
    assert Form(JSON, "identity").etag("abc") == '"abc"'
    assert len(tags) == 2 * len(MEDIA_TYPES)


@pytest.mark.parametrize("header", ['"abc"', 'W/"abc"', '"x", "abc"', '"abc-gzip"', '"abc-zstd"', "*"])
def test_who_names_the_snapshot_in_whatever_coding_has_it(header: str) -> None:
    assert Form(JSON, "zstd").is_known("abc", header)


@pytest.mark.parametrize("header", ["", "abc", '"ab"', '"abcd"', '"abc.csv"', '"abc-br"'])
def test_who_names_another_snapshot_or_another_form_has_it_not(header: str) -> None:
    assert not Form(JSON, "identity").is_known("abc", header)
