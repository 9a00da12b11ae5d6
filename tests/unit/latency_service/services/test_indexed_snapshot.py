import orjson

from latency_service.services.indexed_snapshot import index_snapshot
from tests.unit.search_client.small_space import small_space, table_of


def test_every_entry_is_found_by_its_key_as_canonical_json() -> None:
    snapshot = table_of(small_space()).snapshot
    snapshot = snapshot.model_copy(update={"ops": snapshot.ops[1:], "networks": snapshot.ops[:1]})
    index = index_snapshot(snapshot.model_dump_json().encode())
    expected = {
        entry.workload: orjson.dumps(entry.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        for entry in (*snapshot.ops, *snapshot.networks)
    }
    assert index.entries == expected
    assert index.size_bytes > sum(map(len, expected.values()))
