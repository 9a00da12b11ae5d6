"""Lookup: current values of a table; what is missing is named, with the request that would measure it.

A value is that of the table's latest snapshot. Only where that lacks a key does the value count that was measured
since, so a number that was once served changes with a new snapshot and not before. Which snapshot is the latest may be
remembered for a moment (`warm_tables`); as long as it is, what the snapshot holds is answered without a database.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import MissingEntries, TableNotFound
from latency_service.contract.keys import parse_key
from latency_service.contract.messages import ProfileRequest, TableId
from latency_service.contract.network import Workload, is_network_key
from latency_service.repositories import entries, workloads
from latency_service.services.entries import encode, is_zero_key, zero_entry
from latency_service.services.warm_tables import Address, WarmTable, WarmTables


def look_up(session: Session, tables: WarmTables, table_id: str, keys: Sequence[str]) -> bytes:
    """Return the current value of every key, in the order asked: a LookupAnswer as JSON.

    Raises:
        TableNotFound: No table has that id.
        MissingEntries: The table lacks some of the keys; all of them are listed.
        InvalidKey: One of the missing keys is no key at all.
    """
    table = tables.find(session, TableId(table_id))
    return lookup_answer(table, _entries(session, tables, table, keys), keys)


def latency(session: Session, tables: WarmTables, device: str, conditions: Conditions, key: str) -> bytes:
    """Return the current value of one key in the table of the device's present state: a LatencyAnswer as JSON.

    Raises:
        DeviceNotFound: No device of that name has registered.
        MissingEntries: The table lacks the key.
        TableNotFound: Nothing was measured in that state under those conditions.
        InvalidKey: The key is no key at all.
    """
    table = present_table(session, tables, device, conditions, key)
    return latency_answer(table, _entries(session, tables, table, [key])[key])


def present_table(session: Session, tables: WarmTables, device: str, conditions: Conditions, key: str) -> WarmTable:
    """Return the table of the device's present state, which is asked for a key.

    Raises:
        DeviceNotFound: No device of that name has registered.
        MissingEntries: There is no table, as nothing was measured yet.
        TableNotFound: Likewise, and the key is not one that could be measured.
        InvalidKey: There is no table, and the key is no key at all.
    """
    try:
        return tables.find_present(session, device, conditions)
    except TableNotFound:
        if not _must_be_measured(key):
            raise
        raise missing_entries(session, device, conditions, [key]) from None


def look_up_in_memory(tables: WarmTables, table_id: TableId, keys: Sequence[str]) -> bytes | None:
    """Return what `look_up` would where memory holds all of it, else None."""
    table = tables.remembered(table_id)
    index = tables.index(table) if table else None
    if table is None or index is None:
        return None
    try:
        return lookup_answer(table, index.entries, keys)
    except (KeyError, TypeError):  # lacking, or no text
        return None


def latency_in_memory(tables: WarmTables, address: Address, key: str) -> bytes | None:
    """Return what `latency` would where memory holds all of it, else None."""
    table = tables.remembered(address)
    index = tables.index(table) if table else None
    entry = index.entries.get(key) if index else None
    return latency_answer(table, entry) if table and entry else None


def lookup_answer(table: WarmTable, values: Mapping[str, bytes], keys: Sequence[str]) -> bytes:
    """Return a LookupAnswer as JSON, of entries by key."""
    wanted = list(map(values.__getitem__, keys))
    # Put into the first and the last one: thereby the large answer is copied once.
    wanted[0] = b'{"table_id":"%b","entries":[%b' % (table.table.table_id.encode(), wanted[0])
    wanted[-1] += b"]}"
    return b",".join(wanted)


def latency_answer(table: WarmTable, entry: bytes) -> bytes:
    """Return a LatencyAnswer as JSON."""
    return b'{"table":%b,"entry":%b}' % (table.document, entry)


class Values(NamedTuple):
    """What a table has of some keys: entries as canonical JSON by key, and the keys that it lacks."""

    values: Mapping[str, bytes]
    missing: tuple[str, ...]


def find_values(session: Session, tables: WarmTables, table: WarmTable, keys: Sequence[str]) -> Values:
    """Return what the table has of the keys.

    Raises:
        InvalidKey: One of those that it lacks is no key at all.
    """
    cut = tables.load_index(session, table).entries
    lacking = [key for key in dict.fromkeys(keys) if key not in cut]
    if not lacking:
        return Values(cut, ())
    since = entries.documents(session, table.table.table_id, lacking)
    unmeasured = [key for key in lacking if key not in since]
    missing = tuple(key for key in unmeasured if _must_be_measured(key))
    zeros = {key: encode(zero_entry(key).model_dump(mode="json")) for key in unmeasured if is_zero_key(key)}
    values = {key: cut[key] for key in keys if key in cut} | {
        key: document.encode() for key, document in (since | zeros).items()
    }
    return Values(values, missing)


def _entries(session: Session, tables: WarmTables, table: WarmTable, keys: Sequence[str]) -> Mapping[str, bytes]:
    values, missing = find_values(session, tables, table, keys)
    if missing:
        raise missing_entries(session, table.table.device, table.table.conditions, missing)
    return values


def _must_be_measured(key: str) -> bool:
    """Say whether there is no value by definition.

    Raises:
        InvalidKey: It is no key at all.
    """
    _workload(key)
    return not is_zero_key(key)


def _workload(key: str) -> Workload | None:
    return None if is_network_key(key) else parse_key(key)


def missing_entries(
    session: Session, device_name: str, conditions: Conditions, missing: Sequence[str], why: str = ""
) -> MissingEntries:
    """Return the error that lists what a table lacks, with the request that would measure it.

    Args:
        session: Of the database.
        device_name: Whose table it is.
        conditions: And under which conditions.
        missing: The keys.
        why: Said of them, too.
    """
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
        f"no value for {len(missing)} key(s) on {device_name} under {conditions}: {missing[0]}{more}; "
        f"{f'{why}; ' if why else ''}{advice}",
        missing=list(missing),
        profile_request=request,
    )


def _advice(measurable: int, unknown: int) -> str:
    with_ops = f"POST a profile of the {unknown} unknown network(s) with their ops to /v1/profiles"
    if not measurable:
        return f"{with_ops} to have them measured"
    advice = "POST profile_request to /v1/profiles to have them measured"
    return f"{advice}, and {with_ops}" if unknown else advice
