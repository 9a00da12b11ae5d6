"""Bodies: none is taken that is larger than the service takes, whether it says how large it is or not."""

from collections.abc import Mapping

from starlette.types import Message, Receive

from latency_service.contract.errors import InvalidInput, TooLarge


def has_body(headers: Mapping[bytes, bytes]) -> bool:
    """Say whether a request tells of a body."""
    return b"content-length" in headers or b"transfer-encoding" in headers


async def bounded(headers: Mapping[bytes, bytes], receive: Receive, most_bytes: int) -> Receive:
    """Return what a request's body is to be received from.

    A body of a stated length is never longer than that: the server sees to it. One in chunks, whatever length it states
    beside, is read here.

    Raises:
        TooLarge: It is larger than `most_bytes`.
        InvalidInput: Its length is no number.
    """
    if b"transfer-encoding" in headers:
        return _replayed(await _read(receive, most_bytes), receive)
    length = headers.get(b"content-length")
    if length is not None:
        _check(_number(length), most_bytes)
    return receive


def _number(length: bytes) -> int:
    if not length.isdigit() or len(length) > 18:
        raise InvalidInput("Content-Length is no number of bytes")
    return int(length)


def _check(size: int, most_bytes: int) -> None:
    if size > most_bytes:
        raise TooLarge(f"this service takes bodies of at most {most_bytes:,} bytes; send less at once")


async def _read(receive: Receive, most_bytes: int) -> list[Message]:
    messages: list[Message] = []
    size, more = 0, True
    while more:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        _check(size, most_bytes)
        more = message.get("more_body", False)
    return messages


def _replayed(messages: list[Message], receive: Receive) -> Receive:
    waiting = iter(messages)

    async def next_message() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return next_message
