"""OpSpec: one benchmarkable operation; its output shape, MACs and parameters.

An op is complete: two devices that are handed equal OpSpecs build the same graph. Convolutions pad
`(kernel_size - 1) / 2` times the dilation on every side and have no bias; each is followed by a batch normalisation,
which counts two parameters a channel and is folded into the convolution where the op is measured.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt, model_validator

from latency_service.contract.errors import ImpossibleOp

OpKind = Literal["conv_bn_act", "mbconv", "sep_conv", "avg_pool", "max_pool", "identity", "zero", "classifier"]
Activation = Literal["relu6", "relu", "hard_swish", "none"]
Rule = tuple[bool, str]

LARGEST_DIMENSION = 65_536


class Shape(NamedTuple):
    """Height, width and channels of one image's feature map."""

    height: int
    width: int
    channels: int

    def __str__(self) -> str:
        return f"{self.height}x{self.width}x{self.channels}"


class OpSpec(BaseModel):
    """One operation on a feature map of `input_height` x `input_width` x `in_channels`.

    Raises:
        ImpossibleOp: A rule is broken; the message says which.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[OpKind]

    input_height: StrictInt
    input_width: StrictInt
    in_channels: StrictInt

    @property
    def input_shape(self) -> Shape:
        """What the op takes."""
        return Shape(self.input_height, self.input_width, self.in_channels)

    @property
    def output_shape(self) -> Shape:
        """What the op gives."""
        return self.input_shape

    @property
    def macs(self) -> int:
        """Multiply-accumulates of convolutions and linear layers for one image."""
        return 0

    @property
    def parameters(self) -> int:
        """Trainable parameters, two a channel for each batch normalisation included."""
        return 0

    def _rules(self) -> Iterator[Rule]:
        """Yield (holds, what is wrong when it does not)."""
        sizes = {name: value for name, value in self if type(value) is int}
        for name, value in sizes.items():
            in_range = 1 <= value <= LARGEST_DIMENSION
            yield in_range, f"{name} must lie between 1 and {LARGEST_DIMENSION}, and is {value}"

    @model_validator(mode="after")
    def _refuse_the_impossible(self) -> "OpSpec":
        for holds, rule in self._rules():
            if not holds:
                raise ImpossibleOp(f"impossible {self.kind}: {rule}")
        return self


class Windowed(OpSpec):
    """An op that slides an odd window over its input, padded so that stride alone shrinks the output."""

    kernel_size: StrictInt
    stride: StrictInt = 1

    def _rules(self) -> Iterator[Rule]:
        yield from super()._rules()
        yield self.kernel_size % 2 == 1, f"kernel_size must be odd, and is {self.kernel_size}"

    @property
    def output_height(self) -> int:
        """Rows of the output: stride alone shrinks them."""
        return -(-self.input_height // self.stride)

    @property
    def output_width(self) -> int:
        """Columns of the output."""
        return -(-self.input_width // self.stride)


class Skippable(Windowed):
    """A windowed op that may add its input to its output."""

    has_skip: StrictBool = False

    def _rules(self) -> Iterator[Rule]:
        yield from super()._rules()
        if self.has_skip:
            yield self.stride == 1, f"has_skip needs stride 1, and stride is {self.stride}"
            given, taken = self.output_shape.channels, self.in_channels
            yield given == taken, f"has_skip needs equal channels, and has {taken} in, {given} out"
