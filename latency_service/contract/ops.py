"""OpSpec: one benchmarkable operation; its output shape, MACs and parameters.

An op is complete: two devices that are handed equal OpSpecs build the same graph. Convolutions pad `(kernel_size - 1) / 2`
times the dilation on every side and have no bias; each is followed by a batch normalisation, which counts two parameters a
channel and is folded into the convolution where the op is measured.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt, model_validator

from latency_service.contract.errors import ImpossibleOp

OpKind = Literal[
    "conv_bn_act", "mbconv", "sep_conv", "avg_pool", "max_pool", "identity", "zero", "classifier"
]
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


class _Windowed(OpSpec):
    """An op that slides an odd window over its input, padded so that stride alone shrinks the output."""

    kernel_size: StrictInt
    stride: StrictInt = 1

    def _rules(self) -> Iterator[Rule]:
        yield from super()._rules()
        yield self.kernel_size % 2 == 1, f"kernel_size must be odd, and is {self.kernel_size}"

    @property
    def output_height(self) -> int:
        return -(-self.input_height // self.stride)

    @property
    def output_width(self) -> int:
        return -(-self.input_width // self.stride)


class ConvBnAct(_Windowed):
    """Convolution, batch normalisation, activation."""

    kind = "conv_bn_act"

    out_channels: StrictInt
    groups: StrictInt = 1
    activation: Activation = "relu6"

    @property
    def output_shape(self) -> Shape:
        """What the op gives."""
        return Shape(self.output_height, self.output_width, self.out_channels)

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image."""
        return self._weights * self.output_height * self.output_width

    @property
    def parameters(self) -> int:
        """Trainable parameters."""
        return self._weights + 2 * self.out_channels

    @property
    def _weights(self) -> int:
        return self.kernel_size**2 * self.in_channels * self.out_channels // self.groups

    def _rules(self) -> Iterator[Rule]:
        yield from super()._rules()
        for name, channels in (("in_channels", self.in_channels), ("out_channels", self.out_channels)):
            yield channels % self.groups == 0, f"{name} {channels} is not divisible by groups {self.groups}"


class MBConv(_Windowed):
    """Mobile inverted bottleneck: 1x1 expansion (absent where expand_ratio is 1), depthwise, 1x1 projection.

    Source: MobileNetV2, arXiv:1801.04381, section 3.2.
    """

    kind = "mbconv"

    out_channels: StrictInt
    expand_ratio: StrictInt
    has_skip: StrictBool
    activation: Activation = "relu6"

    @property
    def hidden_channels(self) -> int:
        """Channels that the depthwise convolution sees."""
        return self.in_channels * self.expand_ratio

    @property
    def output_shape(self) -> Shape:
        """What the op gives."""
        return Shape(self.output_height, self.output_width, self.out_channels)

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image; the addition of the skip counts none."""
        output_pixels = self.output_height * self.output_width
        expansion = self._expansion_weights * self.input_height * self.input_width
        return expansion + (self._depthwise_weights + self._projection_weights) * output_pixels

    @property
    def parameters(self) -> int:
        """Trainable parameters."""
        weights = self._expansion_weights + self._depthwise_weights + self._projection_weights
        normalised = self.hidden_channels * (2 if self.expand_ratio > 1 else 1) + self.out_channels
        return weights + 2 * normalised

    @property
    def _expansion_weights(self) -> int:
        return self.in_channels * self.hidden_channels if self.expand_ratio > 1 else 0

    @property
    def _depthwise_weights(self) -> int:
        return self.kernel_size**2 * self.hidden_channels

    @property
    def _projection_weights(self) -> int:
        return self.hidden_channels * self.out_channels

    def _rules(self) -> Iterator[Rule]:
        yield from super()._rules()
        if self.has_skip:
            yield self.stride == 1, f"has_skip needs stride 1, and stride is {self.stride}"
            same = self.in_channels == self.out_channels
            yield same, f"has_skip needs equal channels, and has {self.in_channels} in, {self.out_channels} out"


class SepConv(_Windowed):
    """Depthwise-separable convolution: depthwise, BN, activation, then 1x1, BN, activation.

    Source: MobileNets, arXiv:1704.04861, figure 3.
    """

    kind = "sep_conv"

    out_channels: StrictInt
    dilation: StrictInt = 1
    activation: Activation = "relu6"

    @property
    def output_shape(self) -> Shape:
        """What the op gives."""
        return Shape(self.output_height, self.output_width, self.out_channels)

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image."""
        return self._weights * self.output_height * self.output_width

    @property
    def parameters(self) -> int:
        """Trainable parameters."""
        return self._weights + 2 * (self.in_channels + self.out_channels)

    @property
    def _weights(self) -> int:
        return self.in_channels * (self.kernel_size**2 + self.out_channels)

    def _rules(self) -> Iterator[Rule]:
        yield from super()._rules()
        if self.dilation > 1:
            reach = self.dilation * (self.kernel_size - 1) + 1
            fits = reach <= min(self.input_height, self.input_width)
            yield fits, f"the dilated kernel reaches {reach} pixels, more than its input {self.input_shape}"


class _Pool(_Windowed):
    @property
    def output_shape(self) -> Shape:
        """What the op gives."""
        return Shape(self.output_height, self.output_width, self.in_channels)


class AvgPool(_Pool):
    """Average pooling; padded pixels are not counted."""

    kind = "avg_pool"


class MaxPool(_Pool):
    """Maximum pooling."""

    kind = "max_pool"


class Identity(OpSpec):
    """Hands its input on."""

    kind = "identity"


class Zero(OpSpec):
    """Drops a block: the skip path alone remains. It costs nothing, by definition."""

    kind = "zero"


class Classifier(OpSpec):
    """Global average pooling and a linear layer with bias."""

    kind = "classifier"

    num_classes: StrictInt

    @property
    def output_shape(self) -> Shape:
        """What the op gives: logits as a 1x1 map."""
        return Shape(1, 1, self.num_classes)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the linear layer for one image."""
        return self.in_channels * self.num_classes

    @property
    def parameters(self) -> int:
        """Trainable parameters, bias included."""
        return self.in_channels * self.num_classes + self.num_classes


OP_CLASSES: dict[OpKind, type[OpSpec]] = {
    cls.kind: cls for cls in (ConvBnAct, MBConv, SepConv, AvgPool, MaxPool, Identity, Zero, Classifier)
}
