"""Architectures as rows of coloured boxes: colour tells the kernel, height the expand ratio."""

from collections.abc import Sequence
from dataclasses import dataclass

from latency_service.contract.ops import Classifier, ConvBnAct, MBConv, OpSpec, Zero
from search_client.architecture import Architecture
from search_client.latency.table import LatencyTable

#: Paul Tol's high-contrast scheme, told apart by colour-blind eyes and in grey.
KERNEL_COLOURS = {1: "#999999", 3: "#004488", 5: "#DDAA33", 7: "#BB5566"}
FIXED_COLOUR = "#BBBBBB"

BOX_WIDTH = 62
GAP = 10
ROW_HEIGHT = 96
TOP = 24


@dataclass(frozen=True)
class Box:
    """One op of an architecture, ready to be drawn; lengths in SVG units.

    Attributes:
        dropped: The block is Zero: only its skip path is left.
        latency_ms: What the table says of it.
    """

    x: int
    y: int
    height: int
    colour: str
    text_colour: str
    label: str
    shape: str
    latency_ms: float
    dropped: bool
    key_text: str


@dataclass(frozen=True)
class Drawing:
    """An architecture's boxes and the size of the picture that holds them."""

    boxes: tuple[Box, ...]
    width: int
    height: int


def draw(architecture: Architecture, table: LatencyTable) -> Drawing:
    """Return the architecture from stem to classifier, dropped blocks included.

    Raises:
        MissingEntries: The table lacks an op.
    """
    space = architecture.search_space()
    ops = (*space.stem, *space.chosen(architecture.choices), *space.head)
    searched = range(len(space.stem), len(space.stem) + len(space.blocks))
    latencies = table.of(ops).tolist()
    boxes = [_box(index, op, latencies[index], index in searched) for index, op in enumerate(ops)]
    return Drawing(tuple(boxes), GAP + len(boxes) * (BOX_WIDTH + GAP), TOP + ROW_HEIGHT + 40)


def legend(architectures: Sequence[Architecture]) -> dict[str, str]:
    """Return what each colour in these architectures' drawings means."""
    kernels = {
        op.kernel_size
        for architecture in architectures
        for op in architecture.search_space().chosen(architecture.choices)
        if isinstance(op, MBConv)
    }
    return {f"kernel {size}x{size}": KERNEL_COLOURS[size] for size in sorted(kernels)} | {"fixed": FIXED_COLOUR}


def _box(index: int, op: OpSpec, latency_ms: float, is_searched: bool) -> Box:
    height = _height(op)
    colour = KERNEL_COLOURS[op.kernel_size] if is_searched and isinstance(op, MBConv) else FIXED_COLOUR
    return Box(
        x=GAP + index * (BOX_WIDTH + GAP),
        y=TOP + (ROW_HEIGHT - height) // 2,
        height=height,
        colour=colour,
        text_colour="#FFFFFF" if colour in ("#004488", "#BB5566") else "#111111",
        label=_label(op),
        shape=str(op.output_shape),
        latency_ms=latency_ms,
        dropped=isinstance(op, Zero),
        key_text=f"{op.kind}, {op.input_shape} to {op.output_shape}, {op.macs / 1e6:.2f} M MACs",
    )


def _height(op: OpSpec) -> int:
    return 32 + 8 * min(op.expand_ratio, 8) if isinstance(op, MBConv) else 40


def _label(op: OpSpec) -> str:
    match op:
        case MBConv():
            return f"k{op.kernel_size} e{op.expand_ratio}"
        case ConvBnAct():
            return f"conv {op.kernel_size}x{op.kernel_size}"
        case Classifier():
            return "linear"
        case Zero():
            return "skip"
        case _:
            return op.kind
