"""The table's heat map: one row a block of the space, one column a candidate."""

from dataclasses import dataclass

import matplotlib as mpl

from latency_service.contract.ops import MBConv, OpSpec, Zero
from search_client.latency.table import LatencyTable
from search_client.spaces.space import Block, SearchSpace


@dataclass(frozen=True)
class Cell:
    """One candidate's latency and the colours to show it in; a block without that candidate has no cell."""

    latency_ms: float
    background: str
    text_colour: str


@dataclass(frozen=True)
class HeatMap:
    """Rows of cells under column names; `None` where a block has no such candidate."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]


def heat_map(space: SearchSpace, table: LatencyTable) -> HeatMap:
    """Return the latency of every candidate of every block, darker where slower.

    Raises:
        MissingEntries: The table lacks an op.
    """
    columns = tuple(dict.fromkeys(_column(op) for block in space.blocks for op in block.candidates))
    latencies = [_latencies(block, table) for block in space.blocks]
    slowest = max(value for row in latencies for value in row.values())
    rows = tuple(
        (_row_name(index, block), tuple(_cell(row.get(column), slowest) for column in columns))
        for index, (block, row) in enumerate(zip(space.blocks, latencies, strict=True))
    )
    return HeatMap(columns, rows)


def _latencies(block: Block, table: LatencyTable) -> dict[str, float]:
    return dict(zip(map(_column, block.candidates), table.of(block.candidates).tolist(), strict=True))


def _cell(latency_ms: float | None, slowest: float) -> Cell | None:
    if latency_ms is None:
        return None
    red, green, blue, _ = mpl.colormaps["YlGnBu"](0.85 * latency_ms / slowest)
    is_dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
    return Cell(latency_ms, mpl.colors.to_hex((red, green, blue)), "#ffffff" if is_dark else "#111111")


def _column(op: OpSpec) -> str:
    match op:
        case MBConv():
            return f"{op.kernel_size}x{op.kernel_size} e{op.expand_ratio}"
        case Zero():
            return "drop"
        case _:
            return op.kind


def _row_name(index: int, block: Block) -> str:
    first = block.candidates[0]
    return f"{index}: {first.input_shape} to {first.output_shape}"
