import pytest

from search_client.audit.differences import largest_differences
from tests.unit.search_client.small_space import entry, small_space, snapshot

OPS = small_space().ops()


def test_those_that_differ_most_come_first_in_either_direction() -> None:
    values = [(1.0, 1.1), (1.0, 0.7), (0.1, 0.3)]  # alone, in context
    entries = [
        entry(op, in_context).model_copy(update={"placement": "in_context", "isolated_ms": alone})
        for op, (alone, in_context) in zip(OPS, values, strict=False)
    ]
    found = largest_differences(snapshot(*entries, entry(OPS[3], 9.0)), count=2)
    assert [each.op for each in found] == [entries[1].workload, entries[2].workload]
    assert [each.difference_ms for each in found] == pytest.approx([-0.3, 0.2])


def test_ops_that_were_timed_alone_do_not_differ() -> None:
    assert largest_differences(snapshot(entry(OPS[0], 1.0))) == ()
