"""WarmTables: what is remembered of tables that are asked again and again.

Which snapshot is a table's latest, and which table a device's present state has, is remembered for at most `ttl_s`;
from half of that on one asker a table is sent to the database, and the others go on with what is remembered. Another
replica's new snapshot is therefore served within `ttl_s` of its cut, and however often a table is read, the database
is asked about it a few times a second at most. What a snapshot holds never changes, so that is not asked twice.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import TableNotFound
from latency_service.contract.messages import SnapshotId, Table, TableId
from latency_service.repositories import devices, latency_tables
from latency_service.repositories.conditions import conditions_id
from latency_service.services import catalogue, snapshots
from latency_service.services.byte_cache import ByteCache, CacheUse
from latency_service.services.indexed_snapshot import IndexedSnapshot, index_snapshot

#: A table by its id, or the one of a device's present state by the device's name and the id of the conditions.
Address = TableId | tuple[str, str]

_MOST_REMEMBERED = 10_000


@dataclass(frozen=True)
class WarmTable:
    """A table as it was a moment ago.

    Attributes:
        document: The contract's Table as JSON.
    """

    table: Table
    document: bytes

    @property
    def snapshot_id(self) -> SnapshotId | None:
        """Its latest snapshot then."""
        return self.table.latest_snapshot_id


class WarmTables:
    """Tables and indexed snapshots in memory; any number of threads may use it.

    Args:
        max_bytes: What the snapshots' indexes may take together.
        ttl_s: For how long a table is remembered, seconds; 0 asks the database each time.
        monotonic: A clock that is never set back, seconds.
    """

    def __init__(self, max_bytes: int, ttl_s: float, monotonic: Callable[[], float]) -> None:
        self._ttl_s = ttl_s
        self._monotonic = monotonic
        self._tables: dict[Address, _Memory] = {}
        self._indexes: ByteCache[SnapshotId, IndexedSnapshot] = ByteCache(max_bytes, lambda index: index.size_bytes)

    @property
    def use(self) -> CacheUse:
        """How the indexes of snapshots are used."""
        return self._indexes.use

    def remembered(self, address: Address) -> WarmTable | None:
        """Return the table where it is remembered, and this asker is not the one to look at it again."""
        memory = self._tables.get(address)
        if memory is None:
            return None
        now = self._monotonic()
        if now < memory.refresh_at:
            return memory.table
        memory.refresh_at = memory.forget_at  # the others go on until then
        return None

    def find(self, session: Session, table_id: TableId) -> WarmTable:
        """Return a table from the database, and remember it.

        Raises:
            TableNotFound: No table has that id.
        """
        return self._remember(table_id, lambda: catalogue.get_table(session, table_id))

    def find_present(self, session: Session, device: str, conditions: Conditions) -> WarmTable:
        """Return the table of a device's present state from the database, and remember it.

        Raises:
            DeviceNotFound: No device of that name has registered.
            TableNotFound: Nothing was measured in that state under those conditions.
        """
        wanted = conditions_id(conditions)

        def load() -> Table:
            table_id = latency_tables.present_id(devices.get(session, device), wanted)
            try:
                return catalogue.get_table(session, table_id)
            except TableNotFound:
                raise TableNotFound(f"nothing was measured yet on {device}, as it is now, under {conditions}") from None

        return self._remember((device, wanted), load)

    def index(self, table: WarmTable) -> IndexedSnapshot | None:
        """Return the index of the table's snapshot where it is in memory."""
        return self._indexes.get(table.snapshot_id) if table.snapshot_id else None

    def load_index(self, session: Session, table: WarmTable) -> IndexedSnapshot:
        """Return the index of the table's snapshot, from the database if need be; of a table without one, none."""
        snapshot_id = table.snapshot_id
        if snapshot_id is None:
            return IndexedSnapshot({}, 0)
        return self._indexes.get_or_load(
            snapshot_id, lambda: index_snapshot(snapshots.get(session, snapshot_id).document)
        )

    def _remember(self, address: Address, load: Callable[[], Table]) -> WarmTable:
        asked_at = self._monotonic()  # before the database is: what it answers is from later
        table = load()
        warm = WarmTable(table, table.model_dump_json().encode())
        if len(self._tables) >= _MOST_REMEMBERED:
            self._tables.clear()  # they would be forgotten within a second anyway
        self._tables[address] = _Memory(warm, asked_at + self._ttl_s / 2, asked_at + self._ttl_s)
        return warm


@dataclass
class _Memory:
    """A table with the moments from which on one asker, and from which on all, go to the database."""

    table: WarmTable
    refresh_at: float
    forget_at: float
