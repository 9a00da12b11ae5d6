import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_agents.host.core_lists import format_core_list, parse_core_list


@pytest.mark.parametrize(
    ("text", "cores"),
    [("0-3,8", (0, 1, 2, 3, 8)), ("7", (7,)), ("3,1", (1, 3)), ("0 1 2", (0, 1, 2)), ("(null)", ()), (None, ())],
)
def test_a_list_of_cores_is_read(text: str | None, cores: tuple[int, ...]) -> None:
    assert parse_core_list(text) == cores


@given(st.sets(st.integers(min_value=0, max_value=300)))
def test_what_is_written_reads_the_same(cores: set[int]) -> None:
    assert parse_core_list(format_core_list(cores)) == tuple(sorted(cores))


def test_neighbours_are_written_as_a_range() -> None:
    assert format_core_list([8, 0, 1, 2]) == "0-2,8"
    assert format_core_list([]) == ""
