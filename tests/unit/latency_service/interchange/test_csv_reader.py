import pytest

from latency_service.contract.errors import ImportRefused
from latency_service.interchange.csv_reader import read
from latency_service.interchange.reading import Reading
from latency_service.services.sheets import MOST_ROWS

HEADER = b"workload,latency_ms\n"
ROW = b"v1-identity-8x8x4,1.5\n"


def lines(content: bytes) -> list[int]:
    return [row.line for row in read(content, Reading()).rows]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + HEADER + ROW, (HEADER + ROW).replace(b"\n", b"\r\n")])
def test_what_spreadsheets_write_is_read(content: bytes) -> None:
    assert lines(content) == [2]


def test_no_row_is_lost_behind_blank_lines() -> None:
    assert lines(HEADER + b"\n" * (MOST_ROWS + 5) + ROW) == [MOST_ROWS + 7]


def test_a_row_is_at_the_line_where_it_begins() -> None:
    content = b'workload,latency_ms,note\nv1-identity-8x8x4,1.5,"two\nlines"\n\nv1-identity-8x8x8,1.5,\n'
    assert lines(content) == [2, 5]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1 must name"),
        (b"workload;latency_ms\nv1-identity-8x8x4;1.5\n", "with commas between"),
        (b"workload,workload\n", "each once"),
        (HEADER + b"caf\xe9,1.5\n", "not UTF-8"),
        (HEADER + b"v1-identity-8x8x4,1.5,3\n", "line 2 has 3 cells"),
        (HEADER + b",\n" * (MOST_ROWS + 1), "more than 250,000 rows"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_as_a_whole(content: bytes, said: str) -> None:
    with pytest.raises(ImportRefused, match=said):
        read(content, Reading())
