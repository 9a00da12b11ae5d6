"""Hypothesis strategies for possible ops."""

from hypothesis import strategies as st

from latency_service.contract.ops import (
    Activation,
    AvgPool,
    Classifier,
    ConvBnAct,
    Identity,
    MaxPool,
    MBConv,
    OpSpec,
    SepConv,
    Zero,
)

_sides = st.integers(1, 256)
_channels = st.integers(1, 512)
_kernels = st.sampled_from([1, 3, 5, 7])
_strides = st.integers(1, 3)
_activations: st.SearchStrategy[Activation] = st.sampled_from(["relu6", "relu", "hard_swish", "none"])


@st.composite
def possible_ops(draw: st.DrawFn) -> OpSpec:
    """Draw any op that breaks no rule."""
    height, width, in_channels = draw(_sides), draw(_sides), draw(_channels)
    size = {"input_height": height, "input_width": width, "in_channels": in_channels}
    window = {"kernel_size": draw(_kernels), "stride": draw(_strides)}
    out_channels, activation = draw(_channels), draw(_activations)
    match draw(st.sampled_from(["conv", "mbconv", "sep", "avg", "max", "identity", "zero", "classifier"])):
        case "conv":
            groups = draw(st.sampled_from([g for g in range(1, in_channels + 1) if in_channels % g == 0]))
            out_channels = groups * draw(st.integers(1, 8))
            return ConvBnAct(**size, **window, out_channels=out_channels, groups=groups, activation=activation)
        case "mbconv":
            has_skip = draw(st.booleans())
            if has_skip:
                window["stride"], out_channels = 1, in_channels
            ratio = draw(st.integers(1, 8))
            return MBConv(
                **size,
                **window,
                out_channels=out_channels,
                expand_ratio=ratio,
                has_skip=has_skip,
                activation=activation,
            )
        case "sep":
            room = (min(height, width) - 1) // max(1, window["kernel_size"] - 1)
            dilation = draw(st.integers(1, max(1, min(4, room))))
            has_skip = draw(st.booleans())
            if has_skip:
                window["stride"], out_channels = 1, in_channels
            return SepConv(
                **size,
                **window,
                out_channels=out_channels,
                dilation=dilation,
                has_skip=has_skip,
                activation=activation,
            )
        case "avg":
            return AvgPool(**size, **window, has_skip=window["stride"] == 1 and draw(st.booleans()))
        case "max":
            return MaxPool(**size, **window, has_skip=window["stride"] == 1 and draw(st.booleans()))
        case "identity":
            return Identity(**size)
        case "zero":
            return Zero(**size)
        case _:
            return Classifier(**size, num_classes=out_channels)
