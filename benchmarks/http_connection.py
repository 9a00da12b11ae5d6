"""HttpConnection: one kept connection to a service, as an agent has it, at little cost: a thousand fit in a process."""

import asyncio
import time

from benchmarks.http_load import request

#: A server closes what was idle for 5 s; whoever asks at that very moment gets no answer.
_LONGEST_IDLE_S = 3.0
_TIMEOUT_S = 30.0
_LENGTH = b"content-length:"


class HttpConnection:
    """Asks one question after the other.

    Args:
        port: Of a server on this host.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used_at = 0.0

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Return the answer's status and body.

        Raises:
            OSError: The server cannot be reached, or breaks off; TimeoutError: it takes too long.
        """
        async with asyncio.timeout(_TIMEOUT_S):
            reader, writer = await self._open()
            writer.write(request(method, path, body))
            try:
                answer = await _read(reader)
            except asyncio.IncompleteReadError as error:
                raise ConnectionError("the server broke off") from error
        self._used_at = time.monotonic()
        return answer

    def close(self) -> None:
        """Close the connection; the next question opens another one."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if time.monotonic() - self._used_at > _LONGEST_IDLE_S:
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        return self._streams


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    lengths = [int(line[len(_LENGTH) :]) for line in lines if line.lower().startswith(_LENGTH)]
    body = await reader.readexactly(lengths[0]) if lengths else b""
    return int(lines[0].split()[1]), body
