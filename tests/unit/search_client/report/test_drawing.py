import pytest

from search_client.architecture import Architecture
from search_client.latency.table import LatencyTable
from search_client.report.drawing import FIXED_COLOUR, KERNEL_COLOURS, draw, legend
from search_client.spaces.registry import make_space
from tests.unit.search_client.training.small_run import SPACE_PARAMS, small_snapshot

SPACE = make_space("proxyless-cifar", **SPACE_PARAMS)
CHOICES = (0, 6, 2, 6, 6, 5, 6, 6)  # kernel 3 ratio 3, dropped, kernel 5 ratio 3, dropped twice, kernel 7 ratio 6 ...


def test_boxes_follow_the_architecture_from_stem_to_classifier() -> None:
    drawing = draw(Architecture.of(SPACE, CHOICES), LatencyTable(small_snapshot()))
    labels = [box.label for box in drawing.boxes]
    assert labels == [
        "conv 3x3",
        "k3 e3",
        "skip",
        "k5 e3",
        "skip",
        "skip",
        "k7 e6",
        "skip",
        "skip",
        "conv 1x1",
        "linear",
    ]
    assert [box.x for box in drawing.boxes] == sorted({box.x for box in drawing.boxes})
    assert drawing.boxes[-1].x < drawing.width


def test_colour_tells_the_kernel_and_height_the_expand_ratio() -> None:
    boxes = draw(Architecture.of(SPACE, CHOICES), LatencyTable(small_snapshot())).boxes
    assert [boxes[index].colour for index in (1, 3, 6)] == [KERNEL_COLOURS[3], KERNEL_COLOURS[5], KERNEL_COLOURS[7]]
    assert boxes[0].colour == boxes[-1].colour == FIXED_COLOUR
    assert boxes[1].height == boxes[3].height < boxes[6].height


def test_the_boxes_latencies_add_up_to_the_prediction() -> None:
    architecture, table = Architecture.of(SPACE, CHOICES), LatencyTable(small_snapshot())
    boxes = draw(architecture, table).boxes
    assert sum(box.latency_ms for box in boxes) == pytest.approx(table.network_ms(architecture.network()))
    assert all(box.latency_ms == 0 for box in boxes if box.dropped)


def test_the_legend_names_only_kernels_that_occur() -> None:
    assert list(legend([Architecture.of(SPACE, (0,) * 8)])) == ["kernel 3x3", "fixed"]
