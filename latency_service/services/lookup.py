"""Lookup: current values of a table; what is missing is named, with the request that would measure it."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import MissingEntries, TableNotFound
from latency_service.contract.keys import parse_key
from latency_service.contract.messages import Entry, LatencyAnswer, LookupAnswer, ProfileRequest, TableId
from latency_service.contract.network import Workload, is_network_key
from latency_service.repositories import conditions as conditions_repository
from latency_service.repositories import devices, latency_tables, workloads
from latency_service.repositories.conditions import conditions_id
from latency_service.services import catalogue
from latency_service.services.entries import current_entries, is_zero_key, zero_entry


def look_up(session: Session, table_id: str, keys: Sequence[str]) -> LookupAnswer:
    """Return the current value of every key, in the order asked.

    Raises:
        TableNotFound: No table has that id.
        MissingEntries: The table lacks some of the keys; all of them are listed.
        InvalidKey: One of the missing keys is no key at all.
    """
    _, device, _, conditions_row = latency_tables.get(session, table_id)
    conditions = conditions_repository.from_row(conditions_row)
    entries = _entries(session, table_id, keys, device.name, conditions)
    return LookupAnswer(table_id=TableId(table_id), entries=tuple(entries[key] for key in keys))


def latency(session: Session, device_name: str, conditions: Conditions, key: str) -> LatencyAnswer:
    """Return the current value of one key in the table of the device's present state.

    Raises:
        DeviceNotFound: No device of that name has registered.
        MissingEntries: The table lacks the key.
        TableNotFound: Nothing was measured in that state under those conditions.
        InvalidKey: The key is no key at all.
    """
    device = devices.get(session, device_name)
    table_id = latency_tables.present_id(device, conditions_id(conditions))
    entry = _entries(session, table_id, [key], device_name, conditions)[key]
    try:
        return LatencyAnswer(table=catalogue.get_table(session, table_id), entry=entry)
    except TableNotFound:
        raise TableNotFound(f"nothing was measured yet on {device_name}, as it is now, under {conditions}") from None


def _entries(
    session: Session, table_id: str, keys: Sequence[str], device_name: str, conditions: Conditions
) -> dict[str, Entry]:
    distinct = dict.fromkeys(keys)
    entries = current_entries(session, table_id, distinct)
    lacking = {key: _workload(key) for key in distinct if key not in entries}
    entries |= {key: zero_entry(key) for key in lacking if is_zero_key(key)}
    missing = [key for key in distinct if key not in entries]
    if missing:
        raise _missing_entries(session, device_name, conditions, missing)
    return entries


def _workload(key: str) -> Workload | None:
    return None if is_network_key(key) else parse_key(key)


def _missing_entries(session: Session, device_name: str, conditions: Conditions, missing: list[str]) -> MissingEntries:
    networks = workloads.find(session, filter(is_network_key, missing))
    wanted = [networks.get(key) or _workload(key) for key in missing]
    measurable = tuple(workload for workload in wanted if workload is not None)
    request = None
    if measurable:
        profile = ProfileRequest(device=device_name, conditions=conditions, workloads=measurable)
        request = profile.model_dump(mode="json", exclude_none=True)
    more = ", …" if len(missing) > 1 else ""
    advice = _advice(len(measurable), len(missing) - len(measurable))
    return MissingEntries(
        f"no value for {len(missing)} key(s) on {device_name} under {conditions}: {missing[0]}{more}; {advice}",
        missing=missing,
        profile_request=request,
    )


def _advice(measurable: int, unknown: int) -> str:
    with_ops = f"POST a profile of the {unknown} unknown network(s) with their ops to /v1/profiles"
    if not measurable:
        return f"{with_ops} to have them measured"
    advice = "POST profile_request to /v1/profiles to have them measured"
    return f"{advice}, and {with_ops}" if unknown else advice
