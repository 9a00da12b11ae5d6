"""The ops that convolve: ConvBnAct, MBConv, SepConv."""

from collections.abc import Iterator

from pydantic import StrictBool, StrictInt

from latency_service.contract.ops.base import Activation, Rule, Shape, Skippable, Windowed


class _Convolution(Windowed):
    """A windowed op that chooses how many channels it gives."""

    out_channels: StrictInt

    @property
    def output_shape(self) -> Shape:
        """What the op gives."""
        return Shape(self.output_height, self.output_width, self.out_channels)


class ConvBnAct(_Convolution):
    """Convolution, batch normalisation, activation."""

    kind = "conv_bn_act"

    groups: StrictInt = 1
    activation: Activation = "relu6"

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


class MBConv(_Convolution, Skippable):
    """Mobile inverted bottleneck: 1x1 expansion (absent where expand_ratio is 1), depthwise, 1x1 projection.

    Source: MobileNetV2, arXiv:1801.04381, section 3.2.
    """

    kind = "mbconv"

    expand_ratio: StrictInt
    has_skip: StrictBool
    activation: Activation = "relu6"

    @property
    def hidden_channels(self) -> int:
        """Channels that the depthwise convolution sees."""
        return self.in_channels * self.expand_ratio

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


class SepConv(_Convolution, Skippable):
    """Depthwise-separable convolution: depthwise, BN, activation, then 1x1, BN, activation; the skip is added last.

    Source: MobileNets, arXiv:1704.04861, figure 3.
    """

    kind = "sep_conv"

    dilation: StrictInt = 1
    activation: Activation = "relu6"

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image; the addition of the skip counts none."""
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
