from pathlib import Path
from typing import Any

import pytest
import yaml

from latency_service.contract.errors import ImportRefused
from latency_service.contract.ops import Classifier
from latency_service.interchange import yaml_rows
from latency_service.interchange.proxylessnas_yaml import read, write
from latency_service.interchange.reading import Reading
from tests.snapshots_data import entry, snapshot_json

NO_INTERVAL = {"ci_low_ms": None, "ci_high_ms": None}
DATA = Path(__file__).parents[3] / "data"


def refused(content: bytes) -> dict[int, str]:
    return {each.line: each.remark for each in read(content, Reading()).refused}


def test_a_published_table_becomes_ops_with_intervals() -> None:
    sheet = read((DATA / "proxylessnas.yaml").read_bytes(), Reading())
    assert sheet.refused == ()
    assert [row.line for row in sheet.rows] == [1, 2, 6, 7, 8, 9]
    logits = sheet.rows[-1]
    assert logits.workload == Classifier(input_height=7, input_width=7, in_channels=1280, num_classes=1000)
    assert (logits.entry.latency_ms, logits.entry.n, logits.entry.source) == (1.1093284, 50, "imported")
    assert logits.entry.ci_low_ms == pytest.approx(1.09135, abs=1e-4)


def test_every_fault_of_published_tables_is_refused_at_its_line() -> None:
    reasons = refused((DATA / "proxylessnas_faulty.yaml").read_bytes())
    assert {line: reason for line, reason in reasons.items() if line in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11)} == {
        2: "mean is -6.1: nothing takes less than no time",
        3: "mean is 0.0: nothing takes no time",
        4: "mean is nan, which is not finite",
        5: "mean is inf, which is not finite",
        6: "mean is 7.3e+06 ms, which is absurd: it must lie between 1e-06 and 100000",
        7: "mean is '1.52', which is no number",
        8: "mean is '1.52ms', which is no number",
        9: "mean is missing",
        10: "var is -0.02, and no spread is negative",
        11: "count is 0, and must lie between 1 and 2147483647",
    }
    assert sorted(reasons) == list(range(2, 23))


def test_a_tag_is_read_as_text_and_constructs_nothing() -> None:
    reasons = refused(b"Conv_1-input:7x7x320-output:7x7x640: !!python/object/apply:os.system ['exit 1']\n")
    assert "tagged value" in reasons[1]


def test_a_bomb_of_aliases_is_refused_without_being_followed() -> None:
    layers = [b"a0: &a0 [x, x]"] + [
        b"a%d: &a%d [%s]" % (i, i, b",".join([b"*a%d" % (i - 1)] * 9)) for i in range(1, 30)
    ]
    assert len(refused(b"\n".join(layers))) == 30


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no map of rows"),
        (b"- a\n- b\n", "no map of rows"),
        (b"a: {b: c", "no YAML"),
        (b"a: {mean: 1}\n---\nb: {mean: 1}\n", "more than one"),
        (b"a: " + b"[" * 200 + b"]" * 200, "deeper"),
        (b"a: {mean: \xff\xff}", "no YAML"),
        (b"a: !%ED%A0%80 {mean: 1}", "no YAML"),
    ],
)
def test_a_file_that_is_no_table_is_refused_as_a_whole(content: bytes, said: str) -> None:
    with pytest.raises(ImportRefused, match=said):
        read(content, Reading())


def test_a_value_of_more_values_than_a_table_has_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_rows, "_MOST_EVENTS", 100)
    with pytest.raises(ImportRefused, match="more than 100 keys and values"):
        read(b"a: [" + b"x," * 200 + b"]", Reading())


@pytest.mark.parametrize(("unit", "latency_ms"), [("us", 0.0015), ("ms", 1.5), ("s", 1500.0)])
def test_times_are_turned_into_milliseconds(unit: str, latency_ms: float) -> None:
    sheet = read(b"Logits-input:7x7x1280-output:1000: {count: 4, mean: 1.5, var: 0.25}", Reading(unit=unit))
    found = sheet.rows[0].entry
    assert found.latency_ms == latency_ms
    assert found.ci_high_ms == pytest.approx(latency_ms * (1 + 3.182446 * 0.25 / 1.5))


def test_what_a_row_does_not_tell_nobody_knows() -> None:
    found = read(b"Logits-input:7x7x1280-output:1000: {mean: 1.5}", Reading()).rows[0].entry
    assert (found.n, found.ci_low_ms, found.ci_high_ms) == (0, None, None)


def test_research_code_can_read_our_table_and_so_can_we() -> None:
    key = "v1-classifier-7x7x1280-out1000"
    written = write(snapshot_json([entry(key, latency_ms=1e-5, ci_low_ms=9e-6, ci_high_ms=1.1e-5, n=7)]))
    table = yaml.safe_load(written.content)
    assert table["Logits-input:7x7x1280-output:1000"]["mean"] == 1e-5
    again = read(written.content, Reading()).rows[0].entry
    assert (again.workload, again.latency_ms, again.n) == (key, 1e-5, 7)
    assert (again.ci_low_ms, again.ci_high_ms) == pytest.approx((9e-6, 1.1e-5))


def query(table: Any, layer: str, input_shape: list[int], output_shape: list[int], **block: int) -> float:
    """Look a layer up as the released LatencyEstimator does."""
    infos = [layer, f"input:{_repr_shape(input_shape)}", f"output:{_repr_shape(output_shape)}"]
    if layer == "expanded_conv":
        infos += [f"{name}:{block[name]:d}" for name in ("expand", "kernel", "stride", "idskip")]
    return float(table["-".join(infos)]["mean"])


def _repr_shape(shape: list[int]) -> str:
    return "x".join(map(str, shape))


def test_the_released_estimator_finds_every_layer_that_it_asks_for() -> None:
    keys = {
        "v1-conv_bn_act-224x224x3-out32-k3-s2-g1-relu6": 5.0,
        "v1-mbconv-112x112x16-out24-k5-s2-e6-skip0-relu6": 4.0,
        "v1-mbconv-56x56x24-out24-k7-s1-e3-skip1-relu6": 3.0,
        "v1-conv_bn_act-7x7x320-out1280-k1-s1-g1-relu6": 2.0,
        "v1-classifier-7x7x1280-out1000": 1.0,
    }
    written = write(snapshot_json([entry(key, latency_ms=value, **NO_INTERVAL) for key, value in keys.items()]))
    assert written.left_out == ()
    table = yaml.safe_load(written.content)
    block = {"expand": 6, "kernel": 5, "stride": 2, "idskip": 0}
    assert query(table, "Conv", [224, 224, 3], [112, 112, 32]) == 5.0
    assert query(table, "expanded_conv", [112, 112, 16], [56, 56, 24], **block) == 4.0
    block = {"expand": 3, "kernel": 7, "stride": 1, "idskip": 1}
    assert query(table, "expanded_conv", [56, 56, 24], [56, 56, 24], **block) == 3.0
    assert query(table, "Conv_1", [7, 7, 320], [7, 7, 1280]) == 2.0
    assert query(table, "Logits", [7, 7, 1280], [1000]) == 1.0


@pytest.mark.parametrize(
    "key",
    [
        "v1-identity-8x8x4",
        "v1-zero-8x8x4",
        "v1-network-0123456789abcdef01234567",
        "v1-mbconv-8x8x8-out8-k3-s1-e6-skip1-hard_swish",
        "v1-conv_bn_act-8x8x3-out8-k5-s2-g1-relu6",
    ],
)
def test_what_the_format_cannot_say_is_listed(key: str) -> None:
    written = write(snapshot_json([entry(key)]))
    assert [each.workload for each in written.left_out] == [key]
    assert yaml.safe_load(written.content) == {}
