"""Work: what an op asks of any device, layer by layer: multiply-accumulates, and values that are read and written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from latency_service.contract.ops import (
    AvgPool,
    Classifier,
    ConvBnAct,
    MaxPool,
    MBConv,
    OpSpec,
    SepConv,
    Shape,
    Skippable,
    Zero,
)

#: `dense`: a convolution over all channels with a window; `pointwise`: with none; `elementwise`: no weights at all.
LayerKind = Literal["dense", "pointwise", "depthwise", "linear", "pool", "elementwise"]


@dataclass(frozen=True)
class Layer:
    """What one layer does for one image.

    Attributes:
        weights: Values that are read whatever the image is.
        read: Values of the image's feature maps that are read, and those that are `written`.
        window: Side of the sliding window; 1 where there is none.
    """

    kind: LayerKind
    macs: int
    weights: int
    read: int
    written: int
    window: int = 1

    @property
    def moved(self) -> int:
        """Values of feature maps that are read or written."""
        return self.read + self.written


def layers_of(op: OpSpec) -> tuple[Layer, ...]:
    """Return an op's layers in their order, batch normalisation folded and activations fused; of Zero none."""
    skip = isinstance(op, Skippable) and op.has_skip
    return (*_body(op), *([_elementwise(op.output_shape, reads=2)] if skip else []))


def _body(op: OpSpec) -> Iterator[Layer]:
    given, taken = op.input_shape, op.output_shape
    match op:
        case ConvBnAct():
            yield _convolution(given, taken, op.kernel_size, op.groups)
        case MBConv():
            hidden = given._replace(channels=op.hidden_channels)
            if op.expand_ratio > 1:
                yield _convolution(given, hidden, 1)
            shrunk = taken._replace(channels=op.hidden_channels)
            yield _convolution(hidden, shrunk, op.kernel_size, op.hidden_channels)
            yield _convolution(shrunk, taken, 1)
        case SepConv():
            shrunk = taken._replace(channels=op.in_channels)
            yield _convolution(given, shrunk, op.kernel_size, op.in_channels)
            yield _convolution(shrunk, taken, 1)
        case AvgPool() | MaxPool():
            yield Layer("pool", 0, 0, _values(given), _values(taken), op.kernel_size)
        case Classifier():
            pooled = Shape(1, 1, given.channels)
            yield Layer("pool", 0, 0, _values(given), _values(pooled))
            yield Layer("linear", op.macs, op.parameters, _values(pooled), _values(taken))
        case Zero():
            return
        case _:
            yield _elementwise(taken, reads=1)


def _convolution(given: Shape, taken: Shape, window: int, groups: int = 1) -> Layer:
    weights = window**2 * given.channels * taken.channels // groups
    kind: LayerKind = "depthwise" if groups == given.channels > 1 else "pointwise" if window == 1 else "dense"
    return Layer(kind, weights * taken.height * taken.width, weights, _values(given), _values(taken), window)


def _elementwise(shape: Shape, reads: int) -> Layer:
    return Layer("elementwise", 0, 0, reads * _values(shape), _values(shape))


def _values(shape: Shape) -> int:
    return shape.height * shape.width * shape.channels
