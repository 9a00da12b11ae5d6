import matplotlib as mpl
import pytest

from search_client.latency.table import LatencyTable
from search_client.report.heat_map import heat_map
from search_client.spaces.registry import make_space
from tests.unit.search_client.training.small_run import SPACE_PARAMS, small_snapshot

SPACE = make_space("proxyless-cifar", **SPACE_PARAMS)


def test_every_candidate_has_the_cell_that_the_table_says() -> None:
    table = LatencyTable(small_snapshot())
    shown = heat_map(SPACE, table)
    assert shown.columns == ("3x3 e3", "3x3 e6", "5x5 e3", "5x5 e6", "7x7 e3", "7x7 e6", "drop")
    assert len(shown.rows) == len(SPACE.blocks)
    for block, (_, cells) in zip(SPACE.blocks, shown.rows, strict=True):
        latencies = [cell.latency_ms for cell in cells if cell is not None]
        assert latencies == pytest.approx(table.of(block.candidates).tolist())


def test_a_block_that_cannot_be_dropped_has_no_cell_for_it() -> None:
    rows = heat_map(SPACE, LatencyTable(small_snapshot())).rows
    assert [cells[-1] is None for _, cells in rows] == [len(block.candidates) == 6 for block in SPACE.blocks]


def test_slower_is_darker() -> None:
    cells = [cell for _, row in heat_map(SPACE, LatencyTable(small_snapshot())).rows for cell in row if cell]
    fastest, slowest = min(cells, key=lambda c: c.latency_ms), max(cells, key=lambda c: c.latency_ms)
    assert sum(mpl.colors.to_rgb(slowest.background)) < sum(mpl.colors.to_rgb(fastest.background))
    assert slowest.text_colour != fastest.text_colour
