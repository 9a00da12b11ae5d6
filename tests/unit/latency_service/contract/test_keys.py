import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latency_service.contract.errors import InvalidKey
from latency_service.contract.keys import EXAMPLE_KEY, KEY_VERSION, format_key, parse_key, read_fields
from latency_service.contract.ops import OP_CLASSES, OpSpec
from tests.strategies import possible_ops

GOLDEN = json.loads(Path(__file__).with_name("golden_keys.json").read_text())


@given(possible_ops())
def test_parsing_a_formatted_key_gives_the_op_back(op: OpSpec) -> None:
    assert parse_key(format_key(op)) == op


@given(possible_ops())
def test_the_fields_of_a_key_are_the_members_of_its_op(op: OpSpec) -> None:
    members = {"kind": op.kind, **op.model_dump()}
    texts = {name: str(int(value) if isinstance(value, bool) else value) for name, value in members.items()}
    assert read_fields(format_key(op)) == texts


@pytest.mark.parametrize(("key", "fields"), GOLDEN["keys"].items())
def test_keys_are_what_the_golden_file_pins(key: str, fields: dict[str, object]) -> None:
    op = parse_key(key)
    assert {"kind": op.kind, **op.model_dump()} == fields
    assert format_key(op) == key


def test_the_golden_file_covers_every_kind_and_this_key_version() -> None:
    assert GOLDEN["key_version"] == KEY_VERSION
    assert {fields["kind"] for fields in GOLDEN["keys"].values()} == set(OP_CLASSES)


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        ("", "does not start with 'v1'"),
        ("v0-zero-1x1x1", "does not start with 'v1'"),
        ("v1-mbconv2-1x1x1", "unknown kind 'mbconv2'; known are conv_bn_act, mbconv"),
        ("v1-foo", "unknown kind 'foo'"),
        ("v1-zero", "input '' is not HEIGHTxWIDTHxCHANNELS"),
        ("v1-zero-1x1", "not HEIGHTxWIDTHxCHANNELS"),
        ("v1-zero-1x1x1-k3", "after its input a zero has nothing"),
        (EXAMPLE_KEY.replace("-k5", "-5"), "'5' is not 'k' and a number"),
        (EXAMPLE_KEY.replace("-k5", "-k4"), "kernel_size must be odd"),
        (EXAMPLE_KEY.replace("-k5", "-k05"), "is not canonical; write"),
        (EXAMPLE_KEY.replace("skip0", "skip00"), "is not canonical"),
        ("v1-avg_pool-8x8x4-k3-s1-skip0", "is not canonical"),
        ("v1-identity-8x8x4-skip1", "after its input a identity has nothing"),
        (EXAMPLE_KEY.replace("relu6", "tanh"), "activation: Input should be"),
        (EXAMPLE_KEY.replace("112x112", "\u0661x112"), "not HEIGHTxWIDTHxCHANNELS"),
    ],
)
def test_a_wrong_key_is_refused_with_what_is_wrong(key: str, complaint: str) -> None:
    with pytest.raises(InvalidKey) as refused:
        parse_key(key)
    assert complaint in str(refused.value)


@given(st.text(max_size=80) | st.from_regex(r"v1-[a-z_]+-\d+x\d+x\d+(-[a-z]*\d*)*", fullmatch=True))
def test_any_text_parses_or_is_an_invalid_key(text: str) -> None:
    try:
        op = parse_key(text)
    except InvalidKey:
        return
    assert format_key(op) == text
