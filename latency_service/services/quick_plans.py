"""QuickPlans: which ops a quick profile measures, and which tables of other devices tell the rest.

The tables that count are the latest snapshots of what was measured, whatever the device and the conditions, but for the
table that is asked for: the MOST_TABLES that hold most of the ops, among equals those of the same runtime, of devices'
present states, and the newest. Of a device's states one alone counts under the same conditions, as others are like it.
What fewer than two tables hold must be measured.

A plan is made between transactions, as it takes a second, and stored with its profile: whoever cuts a snapshot needs
milliseconds to follow it for a space's hundred ops (1.5 s for MOST_OPS), and comes to the same predictions each time.
SciPy is imported with the first plan.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy.orm import Session

from latency_service.contract.errors import InvalidInput
from latency_service.contract.keys import parse_key
from latency_service.contract.messages import ProfileRequest
from latency_service.contract.network import is_network_key, workload_key
from latency_service.database import Database
from latency_service.repositories import conditions, devices, entries, latency_tables, snapshots
from latency_service.services.entries import is_zero_key

if TYPE_CHECKING:
    from latency_service.modelling.transfer.transfer import Transfer

MOST_TABLES = 16
#: Matrices of the ops' square are made, a few for each table.
MOST_OPS = 1_000
#: Tables whose snapshots are worth a look, however many a fleet has.
_MOST_CANDIDATES = 200

#: Latencies in milliseconds by op key, of other tables by the id of the snapshot.
Others = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class QuickPlan:
    """What is predicted from what.

    Attributes:
        measured: Keys of the ops to measure.
        held: Keys of the ops that the table held when the plan was made.
        ops: Keys of all ops that other tables know; of these, neither measured nor held is predicted.
        tables: Ids of the other tables' snapshots.
        amounts: By which those tables tell how devices differ, by name.
    """

    measured: tuple[str, ...]
    held: tuple[str, ...]
    ops: tuple[str, ...]
    tables: tuple[str, ...]
    amounts: dict[str, float]

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "QuickPlan":
        """Return a plan as it was stored with its profile."""
        tuples = {name: tuple(stored[name]) for name in ("measured", "held", "ops", "tables")}
        return cls(**tuples, amounts=stored["amounts"])

    @property
    def stored(self) -> dict[str, Any]:
        """How it is stored."""
        return asdict(self)

    @property
    def predicted(self) -> tuple[str, ...]:
        """Keys of the ops that are left to be predicted."""
        measured = {*self.measured, *self.held}
        return tuple(key for key in self.ops if key not in measured)

    def transfer(self, others: Others) -> "Transfer":
        """Return what the other tables tell of `ops`."""
        return _transfer(self.ops, others, self.amounts)


def make_plan(database: Database, request: ProfileRequest, now: datetime) -> QuickPlan | None:
    """Return the plan of a quick profile; None where the profile is not quick, or would measure all its ops anyway.

    What the table holds already, and is as young as asked for, is not chosen again.

    Raises:
        DeviceNotFound: No device of that name has registered.
        InvalidInput: There are too few tables of other devices, or too many ops.
    """
    keys = list(dict.fromkeys(str(workload_key(each)) for each in request.workloads))
    ops = [key for key in keys if not is_network_key(key) and not is_zero_key(key)]
    if request.quick is None:
        return None
    if len(ops) > MOST_OPS:
        raise InvalidInput(f"a quick profile is of at most {MOST_OPS:,} ops, and this one of {len(ops):,}: split it")
    from latency_service.modelling.transfer.shares import LEAST_TABLES

    held, others = database.read(lambda session: _stock(session, request, ops, now))
    if request.quick >= len(ops) - len(held):
        return None
    holders = Counter(key for latencies in others.values() for key in latencies)
    known = tuple(key for key in ops if holders[key] >= LEAST_TABLES)
    telling = {each: latencies for each, latencies in others.items() if not latencies.keys().isdisjoint(known)}
    if not known:
        raise InvalidInput(
            f"a quick profile rests on tables of other devices, and of these ops none stands in {LEAST_TABLES} of them "
            f"({len(others)} table(s) hold any); profile without `quick`, which measures every op"
        )
    transfer = _transfer(known, telling, None)
    given = [place for place, key in enumerate(known) if key in held]
    informative = {known[place] for place in transfer.informative(request.quick, given)}
    left = {*known, *held} - informative
    measured = tuple(key for key in ops if key not in left)
    return QuickPlan(measured, tuple(sorted(held)), known, tuple(telling), asdict(transfer.amounts))


def read_others(session: Session, snapshot_ids: Sequence[str], ops: Collection[str]) -> Others:
    """Return what snapshots hold of the ops, as far as it was measured."""
    wanted = set(ops)
    return {each: _latencies(snapshots.get(session, each).document, wanted) for each in snapshot_ids}


def _stock(session: Session, request: ProfileRequest, ops: Sequence[str], now: datetime) -> tuple[set[str], Others]:
    """Return which ops the table holds that is asked for, and what other tables do."""
    own = latency_tables.present_id(devices.get(session, request.device), conditions.conditions_id(request.conditions))
    standings = entries.standings(session, own, ops)
    held = {key for key, entry in standings.items() if not entry.is_older(request.max_age_s, now)}
    return held, _others(session, own, request, ops)


def _others(session: Session, own: str, request: ProfileRequest, ops: Sequence[str]) -> Others:
    coverage = Counter({table: count for table, count in entries.coverage(session, ops).items() if table != own})
    candidates = [table for table, _ in coverage.most_common(_MOST_CANDIDATES)]
    rows = [
        (table, device, asked)
        for table, device, _, asked in latency_tables.find_by_id(session, candidates)
        if table.provenance == "measured" and table.latest_snapshot_id is not None
    ]
    rows.sort(key=lambda row: (-coverage[row[0].id], row[2].runtime != request.conditions.runtime))
    best: dict[tuple[str, str], str] = {}
    for table, device, asked in rows:
        best.setdefault((device.id, asked.id), str(table.latest_snapshot_id))
    found = read_others(session, list(best.values())[:MOST_TABLES], ops)
    return {snapshot_id: latencies for snapshot_id, latencies in found.items() if latencies}


def _latencies(content: bytes, wanted: Collection[str]) -> dict[str, float]:
    return {
        each["workload"]: each["latency_ms"]
        for each in orjson.loads(content)["ops"]
        if each["workload"] in wanted and each["source"] == "measured" and each["latency_ms"] > 0
    }


def _transfer(ops: Sequence[str], others: Others, amounts: Mapping[str, float] | None) -> "Transfer":
    import numpy as np

    from latency_service.modelling.transfer.prior import Amounts
    from latency_service.modelling.transfer.transfer import Transfer

    rows = [[latencies.get(key, np.nan) for key in ops] for latencies in others.values()]
    return Transfer([parse_key(key) for key in ops], np.array(rows), Amounts(**amounts) if amounts else None)
