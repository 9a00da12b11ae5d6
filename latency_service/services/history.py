"""History: how a workload's latency on a device went over time, through all states of the device."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sqlalchemy.orm import Session

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import Fingerprint
from latency_service.contract.keys import parse_key
from latency_service.contract.messages import History, HistoryPoint, StateChange, TableId
from latency_service.contract.network import WorkloadKey, is_network_key
from latency_service.repositories import devices, measurements
from latency_service.repositories.conditions import conditions_id
from latency_service.repositories.measurements import HistoryRow
from latency_service.services.comparing import changed_facts

_SUMMARY = ("median_ms", "ci_low_ms", "ci_high_ms", "n")
_MEASUREMENT = ("sequence", "verdict", "leased", "finished_at")


def history(
    session: Session, device_name: str, conditions: Conditions, key: str, before: int | None, limit: int
) -> History:
    """Return the latest measurements of a workload that arrived before a sequence number, the newest first.

    Raises:
        DeviceNotFound: No device of that name has registered.
        InvalidKey: The key is no key at all.
    """
    if not is_network_key(key):
        parse_key(key)
    device = devices.get(session, device_name)
    rows = measurements.of_workload(session, device.id, conditions_id(conditions), key, before, limit + 1)
    page = rows[:limit]
    return History(
        device=device.name,
        conditions=conditions,
        workload=WorkloadKey(key),
        points=tuple(map(_point, page)),
        state_changes=tuple(_state_changes(rows)),
        next_before=page[-1][0].sequence if len(rows) > limit else None,
    )


def _point(row: HistoryRow) -> HistoryPoint:
    measurement, state, protocol_version = row
    members = {name: getattr(measurement, name) for name in _MEASUREMENT}
    members |= {name: measurement.summary[name] for name in _SUMMARY}
    members |= {"in_context": measurement.in_context}
    members |= {"measurement_id": measurement.id, "table_id": TableId(measurement.table_id)}
    return HistoryPoint(device_state=Fingerprint(state.fingerprint), protocol_version=protocol_version, **members)


def _state_changes(newest_first: Sequence[HistoryRow]) -> Iterator[StateChange]:
    for (measurement, after, _), (_, before, _) in pairwise(newest_first):
        if before.fingerprint != after.fingerprint:
            yield StateChange(
                sequence=measurement.sequence,
                before=Fingerprint(before.fingerprint),
                after=Fingerprint(after.fingerprint),
                facts=tuple(changed_facts(before.facts, after.facts)),
            )
