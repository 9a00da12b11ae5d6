import pytest

from search_client.latency.additive import NotAdditive, require_additive
from search_client.latency.table import LatencyTable
from tests.unit.search_client.corrections import corrected
from tests.unit.search_client.small_space import small_space, table_of

SNAPSHOT = table_of(small_space()).snapshot


def test_a_table_whose_sums_are_no_latencies_is_refused_with_what_to_do() -> None:
    useless = LatencyTable(corrected(SNAPSHOT, additivity="not_additive"))
    with pytest.raises(NotAdditive, match=r"on board .*1\.2 % off .*--anchors 20.*--accept-not-additive"):
        require_additive([LatencyTable(SNAPSHOT), useless])


def test_any_other_table_may_be_searched_on() -> None:
    usable = [corrected(SNAPSHOT), corrected(SNAPSHOT, additivity="launch_bound"), SNAPSHOT]
    require_additive(map(LatencyTable, usable))
