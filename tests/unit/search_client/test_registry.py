import pytest

from latency_service.contract.errors import InvalidInput, UnknownName
from search_client.registry import build, pick


def double(number: int) -> int:
    return 2 * number


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="no fruit is called 'plum'; known are apple, pear"):
        pick({"pear": 1, "apple": 2}, "plum", "fruit")


def test_an_unknown_parameter_lists_those_that_are_taken() -> None:
    with pytest.raises(InvalidInput, match="colour") as raised:
        build({"double": double}, "double", "function", {"number": 1, "colour": "red"})
    assert "it takes number" in str(raised.value)


def test_a_parameter_of_another_type_is_refused() -> None:
    with pytest.raises(InvalidInput, match="parameter number='many'"):
        build({"double": double}, "double", "function", {"number": "many"})


def test_a_known_name_is_built_from_its_parameters() -> None:
    assert build({"double": double}, "double", "function", {"number": 21}) == 42
