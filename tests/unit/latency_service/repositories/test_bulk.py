import pytest

from latency_service.repositories.bulk import CHUNK_SIZE, chunks


@pytest.mark.parametrize("count", [0, 1, CHUNK_SIZE, CHUNK_SIZE + 1, 3 * CHUNK_SIZE])
def test_chunks_hold_all_items_in_order_and_none_is_too_large(count: int) -> None:
    pieces = list(chunks(range(count)))
    assert [item for piece in pieces for item in piece] == list(range(count))
    assert all(0 < len(piece) <= CHUNK_SIZE for piece in pieces)
