"""IndexedSnapshot: a snapshot's entries by their keys, each encoded already."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import orjson

#: What a key, an entry and their place in the dictionary take besides their characters.
_OVERHEAD_BYTES = 49 + 33 + 100


@dataclass(frozen=True)
class IndexedSnapshot:
    """A snapshot as lookups need it.

    Attributes:
        entries: Every entry that is not predicted, of ops and of networks, as canonical JSON by its key.
        predicted: Those that are, likewise.
        size_bytes: What it takes in memory.
    """

    entries: Mapping[str, bytes]
    size_bytes: int
    predicted: Mapping[str, bytes] = field(default_factory=dict)


def index_snapshot(content: bytes) -> IndexedSnapshot:
    """Return the index of a snapshot that is given as canonical JSON."""
    snapshot = orjson.loads(content)
    entries = dict(_encoded(snapshot["ops"])) | dict(_encoded(snapshot["networks"]))
    size_bytes = sum(len(key) + len(entry) + _OVERHEAD_BYTES for key, entry in entries.items())
    predicted = {each["workload"] for each in snapshot["ops"] if each.get("source") == "predicted"}
    return IndexedSnapshot(
        {key: entry for key, entry in entries.items() if key not in predicted} if predicted else entries,
        size_bytes,
        {key: entries[key] for key in predicted},
    )


def _encoded(entries: list[dict[str, object]]) -> Iterator[tuple[str, bytes]]:
    for entry in entries:
        yield str(entry["workload"]), orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)
