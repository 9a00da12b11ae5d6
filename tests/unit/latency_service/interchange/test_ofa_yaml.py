from pathlib import Path

from latency_service.contract.keys import format_key
from latency_service.contract.ops import OpSpec
from latency_service.interchange.ofa_yaml import read
from latency_service.interchange.reading import Reading

CONTENT = (Path(__file__).parents[3] / "data" / "ofa.yaml").read_bytes()


def test_hidden_channels_become_an_expand_ratio() -> None:
    rows = {row.line: row.workload for row in read(CONTENT, Reading()).rows}
    assert isinstance(rows[3], OpSpec)
    assert format_key(rows[3]) == "v1-mbconv-56x56x24-out24-k5-s1-e3-skip1-hard_swish"


def test_what_no_op_can_say_is_refused_row_by_row() -> None:
    reasons = {each.line: each.remark for each in read(CONTENT, Reading()).refused}
    assert sorted(reasons) == [1, 2, 4, 5, 6, 7]
    assert "--activation Conv=relu" in reasons[1]
    assert "--activation expanded_conv=relu" in reasons[2]
    assert "squeeze-and-excitation" in reasons[4]
    assert reasons[5].startswith("130 hidden channels are no whole multiple of 40")


def test_who_knows_an_activation_can_tell_it() -> None:
    sheet = read(CONTENT, Reading(activations={"expanded_conv": "relu", "Conv": "hard_swish"}))
    ops = {row.line: getattr(row.workload, "activation", None) for row in sheet.rows}
    assert ops == {1: "hard_swish", 2: "relu", 3: "hard_swish", 8: None}


def test_std_is_a_standard_deviation() -> None:
    logits = read(CONTENT, Reading()).rows[-1].entry
    assert logits.ci_high_ms is not None
    assert 0.0036 < logits.ci_high_ms - logits.latency_ms < 0.0038  # t(29) x 0.01 / sqrt(30)
