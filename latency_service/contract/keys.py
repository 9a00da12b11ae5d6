"""The canonical text key of an OpSpec, both ways; the only formatter.

`v1-mbconv-112x112x16-out24-k5-s2-e6-skip0-relu6`: version, kind, input as height x width x channels, then the kind's
own fields in a fixed order, each behind its tag. Every character stands as it is in a URL. A change of format bumps
KEY_VERSION; a flag that came later is written only where it is set, so that the keys of before stand.
"""

import re
from typing import Annotated, Any, NewType, cast

from pydantic import BeforeValidator, PlainSerializer, ValidationError, WithJsonSchema

from latency_service.contract.errors import ImpossibleOp, InvalidKey
from latency_service.contract.ops import OP_CLASSES, OpKind, OpSpec, Skippable

KEY_VERSION = "v1"
EXAMPLE_KEY = "v1-mbconv-112x112x16-out24-k5-s2-e6-skip0-relu6"

#: No key is longer: numbers have at most six digits.
LONGEST_KEY = 200

OpKey = NewType("OpKey", str)

_TAGS = {
    "out_channels": "out",
    "num_classes": "out",
    "kernel_size": "k",
    "stride": "s",
    "dilation": "d",
    "groups": "g",
    "expand_ratio": "e",
    "has_skip": "skip",
    "activation": "",
}
_FIELDS: dict[OpKind, tuple[str, ...]] = {
    "conv_bn_act": ("out_channels", "kernel_size", "stride", "groups", "activation"),
    "mbconv": ("out_channels", "kernel_size", "stride", "expand_ratio", "has_skip", "activation"),
    "sep_conv": ("out_channels", "kernel_size", "stride", "dilation", "activation"),
    "avg_pool": ("kernel_size", "stride"),
    "max_pool": ("kernel_size", "stride"),
    "identity": (),
    "zero": (),
    "classifier": ("num_classes",),
}
#: Kinds that got `has_skip` when their keys were in tables already: `-skip1` ends the key where it is set.
_LATER_SKIP = frozenset[OpKind]({"sep_conv", "avg_pool", "max_pool"})
_SHAPE = re.compile(r"(\d{1,6})x(\d{1,6})x(\d{1,6})", re.ASCII)


def format_key(op: OpSpec) -> OpKey:
    """Return the op's canonical key."""
    has_skip = isinstance(op, Skippable) and op.has_skip
    names = _names(op.kind, has_later_skip=has_skip and op.kind in _LATER_SKIP)
    fields = [f"{_TAGS[name]}{_as_text(getattr(op, name))}" for name in names]
    return OpKey("-".join([KEY_VERSION, op.kind, str(op.input_shape), *fields]))


def parse_key(key: str) -> OpSpec:
    """Return the op that a canonical key stands for.

    Raises:
        InvalidKey: The text is no canonical key, or the op that it describes is impossible; the message says why.
    """
    if len(key) > LONGEST_KEY:
        raise InvalidKey(f"{key[:50]!r}... has {len(key)} characters, and no op key has more than {LONGEST_KEY}")
    try:
        op = _parse(key)
    except (ImpossibleOp, _Malformed) as error:
        raise InvalidKey(f"op key {key!r}: {error}") from None
    if format_key(op) != key:
        raise InvalidKey(f"op key {key!r} is not canonical; write {format_key(op)!r}")
    return op


def read_fields(key: OpKey) -> dict[str, str]:
    """Return what an op's canonical key tells, as texts by the names of OpSpec's members and `kind`.

    Nothing is checked, which takes a fiftieth of `parse_key`'s time: for keys by the ten thousand that were parsed when
    they came in.
    """
    _, kind, shape, *fields = key.split("-")
    height, width, channels = shape.split("x")
    told = {"kind": kind, "input_height": height, "input_width": width, "in_channels": channels}
    told |= {"has_skip": "0"} if kind in _LATER_SKIP else {}
    names = _names(cast(OpKind, kind), has_later_skip=len(fields) > len(_FIELDS[cast(OpKind, kind)]))
    return told | {name: text.removeprefix(_TAGS[name]) for name, text in zip(names, fields, strict=True)}


class _Malformed(Exception):
    """The text has not the form of a key."""


def _parse(key: str) -> OpSpec:
    version, kind, shape, *fields = [*key.split("-"), "", ""] if key.count("-") < 2 else key.split("-")
    if version != KEY_VERSION:
        raise _Malformed(f"it does not start with {KEY_VERSION!r}; a key looks like {EXAMPLE_KEY!r}")
    op_class = OP_CLASSES.get(cast(OpKind, kind))
    if op_class is None:
        raise _Malformed(f"unknown kind {kind!r}; known are {', '.join(OP_CLASSES)}")
    matched = _SHAPE.fullmatch(shape)
    if matched is None:
        raise _Malformed(f"input {shape!r} is not HEIGHTxWIDTHxCHANNELS")
    height, width, channels = map(int, matched.groups())
    values = _parse_fields(op_class.kind, fields)
    try:
        return op_class.model_validate(values | {"input_height": height, "input_width": width, "in_channels": channels})
    except ValidationError as error:
        first = error.errors()[0]
        raise _Malformed(f"{first['loc'][0]}: {first['msg']}") from None


def _names(kind: OpKind, has_later_skip: bool) -> tuple[str, ...]:
    return (*_FIELDS[kind], "has_skip") if has_later_skip else _FIELDS[kind]


def _parse_fields(kind: OpKind, texts: list[str]) -> dict[str, Any]:
    names = _names(kind, has_later_skip=kind in _LATER_SKIP and len(texts) > len(_FIELDS[kind]))
    if len(texts) != len(names):
        expected = "-".join(f"{_TAGS[name]}<{name}>" for name in names) or "nothing"
        raise _Malformed(f"after its input a {kind} has {expected}")
    return {name: _from_text(name, text) for name, text in zip(names, texts, strict=True)}


def _as_text(value: int | bool | str) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _from_text(name: str, text: str) -> int | bool | str:
    tag = _TAGS[name]
    if not tag:
        return text
    digits = text.removeprefix(tag)
    if not text.startswith(tag) or re.fullmatch(r"\d{1,6}", digits, re.ASCII) is None:
        raise _Malformed(f"{text!r} is not {tag!r} and a number ({name})")
    return bool(int(digits)) if name == "has_skip" else int(digits)


def _op_from_wire(value: object) -> object:
    if isinstance(value, str):
        return parse_key(value)
    if not isinstance(value, OpSpec):
        raise ValueError("an op travels as its text key")
    return value


#: An OpSpec that travels as its key.
OpOnWire = Annotated[
    OpSpec,
    BeforeValidator(_op_from_wire),
    PlainSerializer(format_key, return_type=str),
    WithJsonSchema({"type": "string", "examples": [EXAMPLE_KEY]}),
]
