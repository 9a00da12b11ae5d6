"""Layer keys: how ProxylessNAS and Once-for-All name a layer in their latency tables, both ways.

`expanded_conv-input:112x112x16-output:56x56x24-expand:6-kernel:3-stride:2-idskip:0`: the layer's type, shapes as height
x width x channels, then what a block has besides. What a key leaves out follows from its type:

- `Conv` is the first convolution, 3x3 with stride 2; `Conv_1` is a 1x1 convolution; `Logits` is all that comes behind
  it: global pooling and the linear layer.
- An activation is never told but for a block's `hs:1`.

Sources: mit-han-lab/proxylessnas, search/utils/latency_estimator.py; mit-han-lab/once-for-all,
ofa/nas/efficiency_predictor/latency_lookup_table.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from latency_service.contract.errors import ImpossibleOp
from latency_service.contract.keys import LONGEST_KEY
from latency_service.contract.ops import Activation, Classifier, ConvBnAct, MBConv, OpSpec, Shape
from latency_service.interchange.cells import RowRefused, shown

#: Activations by layer type.
Activations = Mapping[str, Activation]

LAYER_TYPES = ("Conv", "expanded_conv", "Conv_1")

_SHAPE = re.compile(r"(\d{1,6})x(\d{1,6})x(\d{1,6})", re.ASCII)
_NUMBER = re.compile(r"\d{1,6}", re.ASCII)
_FIELDS = {"Conv": (), "Conv_1": (), "Logits": (), "expanded_conv": ("expand", "kernel", "stride", "idskip")}
#: Layers of Once-for-All's MobileNetV3 that are no op of ours.
_INEXPRESSIBLE = {
    "AvgPool2D": "pools the whole map, and no op does that alone",
    "Conv_2": "is a convolution without batch normalisation, and no op is",
}


@dataclass(frozen=True)
class Layer:
    """A key's parts.

    Attributes:
        fields: The numbers behind the shapes, by name.
    """

    type: str
    input: Shape
    output: Shape
    fields: Mapping[str, int]

    def block(self, expand_ratio: int, activation: Activation) -> OpSpec:
        """Return the MBConv that an `expanded_conv` is."""
        return MBConv(
            **_size(self.input),
            out_channels=self.output.channels,
            kernel_size=self.fields["kernel"],
            stride=self.fields["stride"],
            expand_ratio=expand_ratio,
            has_skip=_flag("idskip", self.fields["idskip"]),
            activation=activation,
        )


def parse_layer(key: str, more_fields: tuple[str, ...] = ()) -> Layer:
    """Return the parts of a key.

    Args:
        key: The text.
        more_fields: What the dialect's blocks tell behind `idskip`.

    Raises:
        RowRefused: It is no such key.
    """
    if len(key) > LONGEST_KEY:
        raise RowRefused(f"a key has at most {LONGEST_KEY} characters, and this one {len(key)}")
    layer_type, *texts = key.split("-")
    if layer_type in _INEXPRESSIBLE:
        raise RowRefused(f"{layer_type} {_INEXPRESSIBLE[layer_type]}")
    if layer_type not in _FIELDS:
        raise RowRefused(f"unknown layer type {shown(layer_type)}; known are {', '.join(_FIELDS)}")
    names = ("input", "output", *_FIELDS[layer_type], *(more_fields if layer_type == "expanded_conv" else ()))
    values = dict(text.partition(":")[::2] for text in texts)
    if tuple(text.partition(":")[0] for text in texts) != names:
        raise RowRefused(f"the key of a {layer_type} is {layer_type}-{'-'.join(f'{name}:...' for name in names)}")
    fields = {name: _number(name, values[name]) for name in names[2:]}
    return Layer(layer_type, _shape("input", values["input"]), _output_shape(layer_type, values["output"]), fields)


def to_op(layer: Layer, expand_ratio: int, activations: Activations) -> OpSpec:
    """Return the op that a layer is.

    Args:
        layer: The layer.
        expand_ratio: Of a block; other layers have none.
        activations: Those that are known, by layer type.

    Raises:
        RowRefused: Its activation is not known, no op is like it, or its two shapes do not belong together.
    """
    try:
        op = _build(layer, expand_ratio, activations)
    except ImpossibleOp as error:
        raise RowRefused(str(error)) from None
    if op.output_shape != layer.output:
        raise RowRefused(f"the key says that the output is {layer.output}, and such a layer gives {op.output_shape}")
    return op


def format_layer(op: OpSpec) -> str | None:
    """Return ProxylessNAS's key of an op; None where the format has none for it."""
    shapes = f"input:{op.input_shape}-output:{op.output_shape}"
    match op:
        case MBConv(activation="relu6"):
            block = f"expand:{op.expand_ratio}-kernel:{op.kernel_size}-stride:{op.stride}-idskip:{int(op.has_skip)}"
            return f"expanded_conv-{shapes}-{block}"
        case ConvBnAct(kernel_size=3, stride=2, groups=1, in_channels=3, activation="relu6"):
            return f"Conv-{shapes}"
        case ConvBnAct(kernel_size=1, stride=1, groups=1, activation="relu6"):
            return f"Conv_1-{shapes}"
        case Classifier():
            return f"Logits-input:{op.input_shape}-output:{op.num_classes}"
        case _:
            return None


def _build(layer: Layer, expand_ratio: int, activations: Activations) -> OpSpec:
    size = _size(layer.input)
    if layer.type == "Logits":
        return Classifier(**size, num_classes=layer.output.channels)
    if layer.type not in activations:
        told = f"--activation {layer.type}=relu, for example, tells it"
        raise RowRefused(f"the key does not tell the activation of a {layer.type}; {told}")
    activation, out_channels = activations[layer.type], layer.output.channels
    if layer.type == "expanded_conv":
        return layer.block(expand_ratio, activation)
    if layer.type == "Conv_1":
        return ConvBnAct(**size, out_channels=out_channels, kernel_size=1, activation=activation)
    if layer.input.channels != 3:
        raise RowRefused(f"a Conv is a network's first layer, and takes 3 channels, not {layer.input.channels}")
    return ConvBnAct(**size, out_channels=out_channels, kernel_size=3, stride=2, activation=activation)


def _size(shape: Shape) -> dict[str, int]:
    return {"input_height": shape.height, "input_width": shape.width, "in_channels": shape.channels}


def _shape(name: str, text: str) -> Shape:
    matched = _SHAPE.fullmatch(text)
    if matched is None:
        raise RowRefused(f"{name} {shown(text)} is not HEIGHTxWIDTHxCHANNELS")
    return Shape(*map(int, matched.groups()))


def _output_shape(layer_type: str, text: str) -> Shape:
    if layer_type == "Logits" and "x" not in text:
        return Shape(1, 1, _number("output", text))
    return _shape("output", text)


def _number(name: str, text: str) -> int:
    if _NUMBER.fullmatch(text) is None:
        raise RowRefused(f"{name} {shown(text)} is no whole number")
    return int(text)


def _flag(name: str, value: int) -> bool:
    if value not in (0, 1):
        raise RowRefused(f"{name} is {value}, and must be 0 or 1")
    return bool(value)
