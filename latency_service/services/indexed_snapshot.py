"""IndexedSnapshot: a snapshot's entries by their keys, each encoded already."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

#: What a key, an entry and their place in the dictionary take besides their characters.
_OVERHEAD_BYTES = 49 + 33 + 100


@dataclass(frozen=True)
class IndexedSnapshot:
    """A snapshot as lookups need it.

    Attributes:
        entries: Every entry, of ops and of networks, as canonical JSON by its key.
        size_bytes: What it takes in memory.
    """

    entries: Mapping[str, bytes]
    size_bytes: int


def index_snapshot(content: bytes) -> IndexedSnapshot:
    """Return the index of a snapshot that is given as canonical JSON."""
    snapshot = orjson.loads(content)
    entries = dict(_encoded(snapshot["ops"])) | dict(_encoded(snapshot["networks"]))
    size_bytes = sum(len(key) + len(entry) + _OVERHEAD_BYTES for key, entry in entries.items())
    return IndexedSnapshot(entries, size_bytes)


def _encoded(entries: list[dict[str, object]]) -> Iterator[tuple[str, bytes]]:
    for entry in entries:
        yield str(entry["workload"]), orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)
