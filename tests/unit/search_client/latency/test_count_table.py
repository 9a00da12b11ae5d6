import pytest

from search_client.latency.count_table import Count, CountTable
from search_client.latency.expected import SupernetCost
from tests.unit.search_client.small_space import small_space


@pytest.mark.parametrize(("count", "unit"), [("macs", "MACs"), ("parameters", "parameters")])
@pytest.mark.parametrize("path", [(0, 0, 0), (5, 6, 2), (1, 6, 6)])
def test_counts_add_up_to_those_of_the_network(count: Count, unit: str, path: tuple[int, ...]) -> None:
    space, table = small_space(), CountTable(count)
    assert SupernetCost(space, table).of_path(path) == getattr(space.network(path), count)
    assert table.unit == unit
