"""Correcting: what a table's anchors make of its entries.

The anchors that count are those of all profiles of the table's device and conditions, as far as the table has a value
of them and of all of their ops; the MOST_ANCHORS that were measured last. Of each, the newest session counts, in which
ops of its profile were measured as well: that is what takes the session's drift out of the sums.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import dropwhile
from typing import Any

import orjson
from sqlalchemy.orm import Session

from latency_service.contract.keys import format_key
from latency_service.contract.messages import Correction
from latency_service.contract.network import NetworkSpec
from latency_service.repositories import entries, profiles, workloads
from latency_service.services.correction.anchors import LEAST_ANCHORS, Anchor
from latency_service.services.entries import StoredSession

#: To choose a fit among so many takes 0.3 s, and the device is locked meanwhile.
MOST_ANCHORS = 200

#: Entries as canonical JSON, by key.
Documents = Mapping[str, str] | Mapping[str, bytes]


def current_correction(
    session: Session, device_id: str, conditions_id: str, table_id: str, documents: Documents
) -> Correction | None:
    """Return the correction of a table as it stands, given all its entries; None where it has too few anchors."""
    keys = profiles.anchor_keys(session, device_id, conditions_id) & documents.keys()
    if len(keys) < LEAST_ANCHORS:
        return None
    sessions = entries.sessions(session, table_id, keys)
    last_first = sorted(keys, key=lambda key: -sessions[key][0]["sequence"])[:MOST_ANCHORS]
    counting = {key: _counting(documents[key], sessions[key]) for key in last_first}
    return correction_of(session, documents, {key: several for key, several in counting.items() if several})


def correction_of(
    session: Session, documents: Documents, measured: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Correction | None:
    """Return the correction of entries to networks, given the networks' summaries by key, those of the newest first.

    NumPy is imported with the first anchors: most processes of a service never fit any.
    """
    from latency_service.services.correction.fitting import fit_correction

    networks = workloads.find(session, measured)
    op_counts = {
        key: Counter(map(str, map(format_key, network.ops)))
        for key, network in networks.items()
        if isinstance(network, NetworkSpec)
    }
    entries_ms = {
        op: orjson.loads(documents[op])["latency_ms"] for ops in op_counts.values() for op in ops if op in documents
    }
    anchors = [
        _anchor(key, ops, *measured[key][:2]) for key, ops in op_counts.items() if _is_predictable(ops, entries_ms)
    ]
    return fit_correction(entries_ms, anchors)


def _anchor(
    key: str, ops: Mapping[str, int], newest: Mapping[str, Any], earlier: Mapping[str, Any] | None = None
) -> Anchor:
    return Anchor(
        key=key,
        op_counts=ops,
        latency_ms=newest["median_ms"],
        earlier_ms=earlier["median_ms"] if earlier else None,
        half_width=(newest["ci_high_ms"] - newest["ci_low_ms"]) / 2 / newest["median_ms"],
    )


def _counting(document: str | bytes, sessions: Sequence[StoredSession]) -> list[StoredSession]:
    """Return a network's sessions that make its entry, the newest first; none where the entry is long left behind.

    Between the reading of the two, another transaction may have stored a session, which the snapshot is not to know.
    """
    newest = orjson.loads(document)["measurement_id"]
    known = list(dropwhile(lambda each: each["measurement_id"] != newest, sessions))
    return [each for each in known if each["verdict"] == "ok"] or known[:1]


def _is_predictable(ops: Mapping[str, int], entries_ms: Mapping[str, float]) -> bool:
    return ops.keys() <= entries_ms.keys() and any(entries_ms[op] > 0 for op in ops)
