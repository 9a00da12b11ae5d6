"""TableModels: each table's latency model, fitted to its latest snapshot when somebody first asks for it.

A fit takes half a second of one core for 200 ops, and a replica fits each snapshot once. scikit-learn is loaded with
the first fit: a service that nobody asks for predictions has neither its 90 MB nor its second of start-up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from latency_service.contract.keys import parse_key
from latency_service.contract.messages import Entry, SnapshotId
from latency_service.contract.network import is_network_key
from latency_service.modelling.limits import TooFewRows, check_rows
from latency_service.services.byte_cache import ByteCache, CacheUse
from latency_service.services.entries import predicted_entry
from latency_service.services.warm_tables import WarmTable

if TYPE_CHECKING:
    from latency_service.modelling.model import LatencyModel


@dataclass(frozen=True)
class TableModel:
    """A table's model.

    Attributes:
        in_context: Whether its ops were timed behind their feeders, those that have one.
    """

    model: "LatencyModel"
    in_context: bool

    def why_not(self, key: str) -> str | None:
        """Return why a workload cannot be predicted, or None where it can."""
        if is_network_key(key):
            return "only ops are predicted, and networks are not"
        family = self.model.unknown_family(parse_key(key))
        return None if family is None else f"the table has no {family}"

    def predict(self, keys: Sequence[str]) -> dict[str, Entry]:
        """Return the entries of ops that can be predicted, by key."""
        predictions = self.model.predict([parse_key(key) for key in keys])
        return {
            key: predicted_entry(key, each.latency_ms, (each.low_ms, each.high_ms), self.in_context)
            for key, each in zip(keys, predictions, strict=True)
        }


class TableModels:
    """Fitted models in memory; any number of threads may use it.

    Args:
        max_bytes: What they may take together.
    """

    def __init__(self, max_bytes: int) -> None:
        self._models: ByteCache[SnapshotId, TableModel] = ByteCache(max_bytes, lambda each: each.model.size_bytes)

    @property
    def use(self) -> CacheUse:
        """How the models are used."""
        return self._models.use

    def of(self, table: WarmTable, entries: Mapping[str, bytes]) -> TableModel:
        """Return the model of a table's latest snapshot, fitted where it is not in memory.

        Args:
            table: Whose.
            entries: Those of that snapshot, as canonical JSON by their keys.

        Raises:
            TooFewRows: There are too few of them.
        """
        if table.snapshot_id is None:
            raise TooFewRows("the table has no snapshot yet, to which a latency model could be fitted")
        return self._models.get_or_load(table.snapshot_id, lambda: _fit(list(_rows(entries))))


def _rows(entries: Mapping[str, bytes]) -> Iterator[Mapping[str, Any]]:
    for key, document in entries.items():
        if not is_network_key(key):
            entry: dict[str, Any] = orjson.loads(document)
            if entry["source"] != "definition" and entry["latency_ms"] > 0:
                yield entry


def _fit(rows: Sequence[Mapping[str, Any]]) -> TableModel:
    check_rows(len(rows))
    from latency_service.modelling.model import LatencyModel

    ops = [parse_key(row["workload"]) for row in rows]
    model = LatencyModel(ops, [row["latency_ms"] for row in rows])
    return TableModel(model, any(row.get("placement") == "in_context" for row in rows))
