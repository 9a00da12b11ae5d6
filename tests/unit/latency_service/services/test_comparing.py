from typing import Any

import pytest

from latency_service.contract.keys import format_key
from latency_service.contract.messages import SnapshotDiff
from latency_service.contract.network import NetworkSpec, workload_key
from latency_service.contract.ops import MBConv
from latency_service.services.comparing import changed_facts, differences
from tests.service_data import ZERO, keys, op

Entry = dict[str, Any]


def entry(key: str, latency_ms: float, half_width: float | None = 0.01) -> Entry:
    """Return an entry whose interval is so wide to each side, as a share of the value."""
    low, high = (None, None) if half_width is None else (latency_ms * (1 - half_width), latency_ms * (1 + half_width))
    return {"workload": key, "latency_ms": latency_ms, "ci_low_ms": low, "ci_high_ms": high}


def snapshot(*entries: Entry, device: str = "board") -> dict[str, Any]:
    return {
        "snapshot_id": "a" * 32,
        "device": device,
        "device_state": "0" * 16,
        "conditions": {"runtime": "onnxruntime"},
        "protocol_version": 2,
        "ops": [each for each in entries if "network" not in each["workload"]],
        "networks": [each for each in entries if "network" in each["workload"]],
    }


def diff(before: dict[str, Any], after: dict[str, Any]) -> SnapshotDiff:
    return differences(before, after, ())


def mbconv(kernel_size: int, stride: int, channels: int) -> str:
    return format_key(
        MBConv(
            input_height=14,
            input_width=14,
            in_channels=channels,
            out_channels=channels,
            kernel_size=kernel_size,
            stride=stride,
            expand_ratio=6,
            has_skip=False,
        )
    )


A_SPACE = [mbconv(k, s, c) for k in (3, 5, 7) for s in (1, 2) for c in range(8, 104, 8)]


def test_equal_snapshots_differ_in_nothing() -> None:
    one = snapshot(*(entry(key, 1.0) for key in A_SPACE))
    found = diff(one, one)
    assert (found.moved, found.added, found.gone, found.unmoved) == ((), (), (), len(A_SPACE))
    assert found.median_change == 0
    assert {group.moved for group in found.groups} == {0}


def test_a_workload_has_moved_when_its_intervals_do_not_touch() -> None:
    first, second = keys(2)
    found = diff(snapshot(entry(first, 1.0), entry(second, 1.0)), snapshot(entry(first, 1.03), entry(second, 1.019)))
    (moved,) = found.moved
    assert (moved.workload, moved.before_ms, moved.after_ms) == (first, 1.0, 1.03)
    assert moved.change == pytest.approx(0.03)
    assert found.unmoved == 1


def test_what_came_and_what_went_is_told() -> None:
    first, second, third = keys(3)
    found = diff(snapshot(entry(first, 1.0), entry(second, 1.0)), snapshot(entry(second, 1.0), entry(third, 1.0)))
    assert (found.gone, found.added, found.unmoved) == ((first,), (third,), 1)


def test_the_largest_moves_come_first_and_half_is_as_large_as_double() -> None:
    names = keys(3)
    after = snapshot(entry(names[0], 1.5), entry(names[1], 0.5), entry(names[2], 2.0))
    found = diff(snapshot(*(entry(key, 1.0) for key in names)), after)
    assert [moved.workload for moved in found.moved] == [names[1], names[2], names[0]]


def test_a_kernel_size_that_got_slower_is_seen_at_once() -> None:
    before = snapshot(*(entry(key, 1.0) for key in A_SPACE))
    after = snapshot(*(entry(key, 1.12 if "-k5-" in key else 1.0) for key in A_SPACE))
    clearest = diff(before, after).groups[0]
    assert (clearest.kind, clearest.attribute, clearest.value) == ("mbconv", "kernel_size", "5")
    assert clearest.median_change == pytest.approx(0.12)
    assert (clearest.entries, clearest.moved) == (24, 24)


def test_a_group_most_of_which_moved_comes_before_a_noisier_one_that_stayed() -> None:
    calm = {key: entry(key, 1.0, 0.001) for key in A_SPACE if "-k3-" in key}
    noisy = {key: entry(key, 1.0, 0.5) for key in A_SPACE if "-k3-" not in key}
    after = [entry(key, 1.01, 0.001) for key in calm] + [entry(key, 1.2, 0.5) for key in noisy]
    first, second = diff(snapshot(*calm.values(), *noisy.values()), snapshot(*after)).groups[:2]
    assert (first.value, first.moved) == ("3", 24)
    assert second.median_change == pytest.approx(0.2)


def test_what_all_ops_of_a_kind_share_is_no_group_of_its_own() -> None:
    one = snapshot(*(entry(key, 1.0) for key in A_SPACE))
    assert {group.attribute for group in diff(one, one).groups} == {"kind", "kernel_size", "stride"}


def test_networks_are_a_group() -> None:
    networks = [workload_key(NetworkSpec(ops=(op(number), op(number)))) for number in (1, 2)]
    found = diff(snapshot(*(entry(key, 1.0) for key in networks)), snapshot(*(entry(key, 2.0) for key in networks)))
    assert [(group.kind, group.median_change, group.moved) for group in found.groups] == [("network", 1.0, 2)]


def test_the_least_change_that_could_be_seen_is_told() -> None:
    (key,) = keys(1)
    found = diff(snapshot(entry(key, 1.0, 0.02)), snapshot(entry(key, 1.5, 0.02)))
    assert found.least_visible_change == pytest.approx(0.02 + 0.03)
    assert found.moved[0].least_visible_change == found.least_visible_change


def test_without_an_interval_nothing_can_be_said_to_have_moved() -> None:
    (key,) = keys(1)
    found = diff(snapshot(entry(key, 1.0, None)), snapshot(entry(key, 9.0)))
    assert (found.moved, found.unmoved, found.undecided, found.least_visible_change) == ((), 0, 1, None)
    assert found.median_change == pytest.approx(8.0)


def test_a_zero_neither_moves_nor_stays() -> None:
    key = format_key(ZERO)
    found = diff(snapshot(entry(key, 0.0)), snapshot(entry(key, 0.0)))
    assert (found.moved, found.unmoved, found.undecided, found.added, found.gone) == ((), 0, 0, (), ())
    assert found.median_change is None


def test_two_devices_can_be_compared_but_not_like_for_like() -> None:
    assert diff(snapshot(), snapshot()).like_for_like
    assert not diff(snapshot(), snapshot(device="phone")).like_for_like


def test_an_older_snapshot_that_does_not_name_all_conditions_is_like_one_that_does() -> None:
    after = snapshot() | {"conditions": {"runtime": "onnxruntime", "threads": 1}}
    assert diff(snapshot(), after).like_for_like
    assert not diff(snapshot(), snapshot() | {"conditions": {"runtime": "onnxruntime", "threads": 2}}).like_for_like


def test_facts_that_differ_are_listed_by_name() -> None:
    before = {"driver": "1", "governor": "performance", "kernel": "6.1"}
    after = {"driver": "2", "governor": "performance", "microcode": "0x1"}
    told = [(change.fact, change.before, change.after) for change in changed_facts(before, after)]
    assert told == [("driver", "1", "2"), ("kernel", "6.1", None), ("microcode", None, "0x1")]


def test_a_placement_that_changed_is_no_move_of_the_op() -> None:
    key = A_SPACE[0]
    alone = entry(key, 1.0)
    fed = entry(key, 0.5) | {"placement": "in_context", "isolated_ms": 1.02}
    found = diff(snapshot(alone), snapshot(fed))
    assert (found.moved, found.undecided) == ((), 1)
    assert found.median_change == pytest.approx(0.02)
    back = diff(snapshot(fed), snapshot(alone))
    assert (back.moved, back.undecided) == ((), 1)
    slower = fed | {"latency_ms": 0.6, "ci_low_ms": 0.59, "ci_high_ms": 0.61}
    assert diff(snapshot(fed), snapshot(slower)).moved[0].change == pytest.approx(0.2)
