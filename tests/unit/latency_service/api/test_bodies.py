import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.types import Message

from latency_service.api.bodies import bounded
from latency_service.contract.errors import InvalidInput, TooLarge

CHUNKED = {b"transfer-encoding": b"chunked"}


class Sender:
    """Sends a body in chunks, and counts those that were asked for."""

    def __init__(self, *chunks: bytes) -> None:
        self.sent = 0
        self._chunks = chunks

    async def __call__(self) -> Message:
        self.sent += 1
        body, more = self._chunks[self.sent - 1], self.sent < len(self._chunks)
        return {"type": "http.request", "body": body, "more_body": more}


def received(headers: dict[bytes, bytes], sender: Callable[[], Awaitable[Message]], most_bytes: int) -> bytes:
    async def receive_all() -> bytes:
        receive = await bounded(headers, sender, most_bytes)
        parts, more = [], True
        while more:
            message = await receive()
            parts.append(message["body"])
            more = message["more_body"]
        return b"".join(parts)

    return asyncio.run(receive_all())


def test_a_body_in_chunks_arrives_whole() -> None:
    assert received(CHUNKED, Sender(b"abc", b"def"), 6) == b"abcdef"


def test_a_body_in_chunks_is_read_no_further_than_the_limit() -> None:
    sender = Sender(*[b"abc"] * 1000)
    with pytest.raises(TooLarge, match="at most 6 bytes"):
        received(CHUNKED, sender, 6)
    assert sender.sent == 3


def test_a_body_in_chunks_that_states_a_length_is_not_believed() -> None:
    with pytest.raises(TooLarge):
        received(CHUNKED | {b"content-length": b"3"}, Sender(b"abc", b"def", b"g"), 6)


def test_a_body_that_says_that_it_is_too_large_is_not_read() -> None:
    sender = Sender(b"abcdefg")
    with pytest.raises(TooLarge):
        received({b"content-length": b"7"}, sender, 6)
    assert sender.sent == 0


def test_a_body_of_a_stated_length_is_left_to_the_server() -> None:
    assert received({b"content-length": b"6"}, Sender(b"abc", b"def"), 6) == b"abcdef"


@pytest.mark.parametrize("length", [b"-1", b"1.5", b"", b"9" * 19])
def test_a_length_is_a_number_of_bytes(length: bytes) -> None:
    with pytest.raises(InvalidInput, match="Content-Length"):
        received({b"content-length": length}, Sender(b""), 6)
