"""Snapshots in this process: cutting a table, loading what was cut, and the search client's side of it."""

import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import select, update

from benchmarks.filled_database import NOW, Filled
from latency_service.contract.keys import parse_key
from latency_service.contract.messages import SnapshotId
from latency_service.database import Database
from latency_service.services import snapshots
from latency_service.services.indexed_snapshot import index_snapshot
from latency_service.tables import Entry
from search_client.latency.client import ServiceClient
from search_client.latency.table import LatencyTable

T = TypeVar("T")


def cut_ms(database: Database, filled: Filled, repeats: int) -> float:
    """Return how long it takes to cut the table, committed, each time with one other value: the median."""
    times = []
    for number in range(1, repeats + 1):
        _change_an_entry(database, filled, number)
        cut = partial(snapshots.cut, table_id=filled.table_id, now=NOW + timedelta(days=number))
        times.append(_timed(partial(database.write, cut))[1])
    return statistics.median(times)


def load_ms(database: Database, snapshot_id: SnapshotId, repeats: int) -> float:
    """Return how long it takes to read a snapshot from the database and index its entries: the median."""

    def load() -> object:
        content = database.read(lambda session: snapshots.get(session, snapshot_id).document)
        return index_snapshot(content)

    return statistics.median(_timed(load)[1] for _ in range(repeats))


def fetch_ms(server: str, filled: Filled, repeats: int) -> tuple[float, float]:
    """Return what the search client needs to fetch and index the table, and then to look up 100 ops: medians."""
    ops = [parse_key(key) for key in filled.keys[:100]]
    fetches, lookups = [], []
    for _ in range(repeats):
        with ServiceClient(server) as client:
            table, elapsed_ms = _timed(lambda: LatencyTable(client.latest_snapshot(filled.table_id)))
        fetches.append(elapsed_ms)
        lookups.append(_timed(partial(table.of, ops))[1])  # the client is closed: no look-up can ask it
    return statistics.median(fetches), statistics.median(lookups)


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    answer = work()
    return answer, 1000 * (time.perf_counter() - start)


def _change_an_entry(database: Database, filled: Filled, number: int) -> None:
    """Let an entry differ from what it was, as a new measurement would."""
    with database.writing() as session:
        which = (Entry.table_id == filled.table_id) & (Entry.workload_key == filled.keys[0])
        document = session.scalars(select(Entry.document).where(which)).one()
        head, _, tail = document.partition('"n":')
        count = tail.lstrip("0123456789")
        session.execute(update(Entry).where(which).values(document=f'{head}"n":{50 + number}{count}'))
