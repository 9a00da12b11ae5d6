import pytest

from latency_service.interchange.yaml_rows import YamlRow, read_rows


def test_rows_come_with_their_lines_and_cells() -> None:
    rows = list(read_rows(b"# milliseconds\na: {mean: 1.5, count: 3}\n\nb:\n  mean: ~\n  var: '2'\n"))
    assert rows == [YamlRow(2, "a", {"mean": 1.5, "count": 3}), YamlRow(4, "b", {"mean": None, "var": "2"})]


@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        (b"a: 1.5", "its value is a single value, no map"),
        (b"a: &x {mean: 1}\nb: *x", "its value is a reference, no map"),
        (b"? [a, b]\n: {mean: 1}", "its key is a list, no text"),
        (b"a: {? [mean] : 1}", "it has a list for a name"),
        (b"a: {? {mean: 1} : {mean: 2}}", "it has a map for a name"),
        (b"a: {mean: [1]}", "'mean' is a list, no number"),
        (b"a: {mean: !!float 1}", "'mean' is a tagged value (tag:yaml.org,2002:float)"),
        (b"a: {mean: 1, mean: 2}", "'mean' is there twice"),
    ],
)
def test_what_is_no_row_says_why_and_the_next_is_read(content: bytes, flaw: str) -> None:
    *_, flawed, following = read_rows(content + b"\nnext: {mean: 1}\n")
    assert following == YamlRow(following.line, "next", {"mean": 1})
    assert flawed.flaw is not None
    assert flaw in flawed.flaw
