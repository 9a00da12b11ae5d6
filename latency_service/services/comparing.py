"""Comparing: what differs between two snapshots, and what the workloads that moved have in common."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from math import log
from statistics import median
from typing import Any

import orjson
from sqlalchemy.orm import Session

from latency_service.contract.device import Fact
from latency_service.contract.keys import OpKey, read_fields
from latency_service.contract.messages import (
    ChangeGroup,
    ComparedSnapshot,
    EntryChange,
    FactChange,
    SnapshotDiff,
)
from latency_service.contract.network import WorkloadKey, is_network_key
from latency_service.repositories import latency_tables
from latency_service.services import snapshots

Entry = Mapping[str, Any]
#: Kind, attribute and its value.
GroupName = tuple[str, str, str]

#: What ops may have in common besides their kind.
_ATTRIBUTES = ("kernel_size", "stride", "expand_ratio", "input_height", "activation", "dilation", "groups", "has_skip")
_SMALLEST_GROUP = 2
_SIDE = tuple(ComparedSnapshot.model_fields)


def compare(session: Session, before_id: str, after_id: str) -> SnapshotDiff:
    """Return what differs from a snapshot to another.

    Raises:
        SnapshotNotFound: One of the two is not there.
    """
    before_row, after_row = snapshots.get(session, before_id), snapshots.get(session, after_id)
    before, after = (orjson.loads(row.document) for row in (before_row, after_row))
    facts = [latency_tables.get(session, row.table_id)[2].facts for row in (before_row, after_row)]
    return differences(before, after, tuple(changed_facts(*facts)))


def differences(before: Mapping[str, Any], after: Mapping[str, Any], facts: tuple[FactChange, ...]) -> SnapshotDiff:
    """Return what differs between two snapshots, given as the members of their JSON."""
    old, new = _like_for_like(_entries(before), _entries(after))
    changes = {key: new[key]["latency_ms"] / old[key]["latency_ms"] - 1 for key in _measured_in_both(old, new)}
    visible = {key: _least_visible(old[key], new[key]) for key in changes if _have_intervals(old[key], new[key])}
    moved = {key for key in visible if not _touch(old[key], new[key])}
    largest_first = sorted(moved, key=lambda key: (-_size(changes[key]), key))
    sides = [ComparedSnapshot.model_validate({name: side[name] for name in _SIDE}) for side in (before, after)]
    return SnapshotDiff(
        before=sides[0],
        after=sides[1],
        like_for_like=len({(side.device, side.conditions, side.protocol_version) for side in sides}) == 1,
        facts=facts,
        median_change=median(changes.values()) if changes else None,
        least_visible_change=median(visible.values()) if visible else None,
        groups=tuple(_groups(changes, moved)),
        moved=tuple(_entry_change(old[key], new[key], changes[key], visible[key]) for key in largest_first),
        unmoved=len(visible) - len(moved),
        undecided=len(changes) - len(visible),
        added=tuple(WorkloadKey(key) for key in sorted(new.keys() - old.keys())),
        gone=tuple(WorkloadKey(key) for key in sorted(old.keys() - new.keys())),
    )


def changed_facts(before: Mapping[str, Fact], after: Mapping[str, Fact]) -> Iterator[FactChange]:
    """Yield the facts of a device's state that differ between two of its states, by name."""
    for fact in sorted(before.keys() | after.keys()):
        if before.get(fact) != after.get(fact):
            yield FactChange(fact=fact, before=before.get(fact), after=after.get(fact))


def _entries(snapshot: Mapping[str, Any]) -> dict[str, Entry]:
    """Return what the snapshot knows; a prediction has not changed because other tables have."""
    listed = (*snapshot["ops"], *snapshot["networks"])
    return {entry["workload"]: entry for entry in listed if entry.get("source") != "predicted"}


def _like_for_like(old: dict[str, Entry], new: dict[str, Entry]) -> tuple[dict[str, Entry], dict[str, Entry]]:
    """Return both; a workload that stands in another placement than before counts as what it takes alone.

    That has no interval.
    """
    differ = [key for key in old.keys() & new.keys() if _placement(old[key]) != _placement(new[key])]
    return old | {key: _alone(old[key]) for key in differ}, new | {key: _alone(new[key]) for key in differ}


def _placement(entry: Entry) -> str:
    return str(entry.get("placement", "isolated"))  # as in snapshots of before there was another


def _alone(entry: Entry) -> Entry:
    if _placement(entry) == "isolated":
        return entry
    return {**entry, "latency_ms": entry["isolated_ms"], "ci_low_ms": None, "ci_high_ms": None}


def _measured_in_both(old: Mapping[str, Entry], new: Mapping[str, Entry]) -> list[str]:
    """Return the workloads that cost something in both; a Zero costs nothing, today and tomorrow."""
    return [key for key in old.keys() & new.keys() if old[key]["latency_ms"] > 0 and new[key]["latency_ms"] > 0]


def _have_intervals(*entries: Entry) -> bool:
    return all(entry["ci_low_ms"] is not None and entry["ci_high_ms"] is not None for entry in entries)


def _least_visible(old: Entry, new: Entry) -> float:
    widths_ms = old["ci_high_ms"] - old["ci_low_ms"] + new["ci_high_ms"] - new["ci_low_ms"]
    return float(widths_ms / 2 / old["latency_ms"])


def _touch(one: Entry, other: Entry) -> bool:
    return bool(one["ci_low_ms"] <= other["ci_high_ms"] and other["ci_low_ms"] <= one["ci_high_ms"])


def _entry_change(old: Entry, new: Entry, change: float, least_visible_change: float) -> EntryChange:
    return EntryChange(
        workload=old["workload"],
        before_ms=old["latency_ms"],
        after_ms=new["latency_ms"],
        change=change,
        least_visible_change=least_visible_change,
    )


def _groups(changes: Mapping[str, float], moved: Set[str]) -> list[ChangeGroup]:
    members: dict[GroupName, list[str]] = defaultdict(list)
    for key in changes:
        for name in _group_names(key):
            members[name].append(key)
    groups = [_group(name, keys, changes, moved) for name, keys in members.items() if _tells(name, members)]
    return sorted(groups, key=_clearest_first)


def _group_names(key: str) -> Iterator[GroupName]:
    if is_network_key(key):
        yield "network", "kind", "network"
        return
    fields = read_fields(OpKey(key))
    kind = fields["kind"]
    yield kind, "kind", kind
    for attribute in _ATTRIBUTES:
        if attribute in fields:
            yield kind, attribute, fields[attribute]


def _tells(name: GroupName, members: Mapping[GroupName, Sequence[str]]) -> bool:
    kind, attribute, _ = name
    is_whole_kind = attribute != "kind" and len(members[name]) == len(members[kind, "kind", kind])
    return len(members[name]) >= _SMALLEST_GROUP and not is_whole_kind


def _group(name: GroupName, keys: Sequence[str], changes: Mapping[str, float], moved: Set[str]) -> ChangeGroup:
    kind, attribute, value = name
    return ChangeGroup(
        kind=kind,
        attribute=attribute,
        value=value,
        entries=len(keys),
        moved=sum(key in moved for key in keys),
        median_change=median(changes[key] for key in keys),
    )


def _clearest_first(group: ChangeGroup) -> tuple[bool, float, str, str, str]:
    mostly_stayed = 2 * group.moved < group.entries
    return mostly_stayed, -_size(group.median_change), group.kind, group.attribute, group.value


def _size(change: float) -> float:
    """Return how large a relative change is; half and double are equally large."""
    return abs(log(1 + change))
