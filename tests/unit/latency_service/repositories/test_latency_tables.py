from latency_service.repositories.latency_tables import table_id


def test_the_id_is_pinned() -> None:
    assert table_id("board", "0123456789abcdef", "fedcba9876543210", 1) == "b13cc5c318ce5bd4"


def test_device_state_conditions_and_protocol_all_count() -> None:
    ids = {
        table_id("board", "a", "c", 1),
        table_id("phone", "a", "c", 1),
        table_id("board", "b", "c", 1),
        table_id("board", "a", "d", 1),
        table_id("board", "a", "c", 2),
    }
    assert len(ids) == 5
