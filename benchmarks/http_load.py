"""HTTP load: a small client that keeps connections and asks on each as soon as it is answered.

It runs in a process of its own on a core of its own, and costs a request less than any server does, so that what it
counts is the server's pace. Started as a module it reads an Order on stdin and writes a Count on stdout.
"""

import asyncio
import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import cast

import uvloop
from pydantic import BaseModel

from device_agents.host.cores import pin

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length: "
_GRACE_S = 30.0


class Order(BaseModel):
    """What to ask, on how many connections, for how long.

    Attributes:
        requests: Whole HTTP requests, asked in turn.
        status: What each must be answered by.
        core: What the client is pinned to.
    """

    port: int
    requests: tuple[bytes, ...]
    status: int = 200
    connections: int = 8
    seconds: float = 1.0
    core: int | None = None


class Count(BaseModel):
    """What came of it.

    Attributes:
        median_ms: From a request's first byte sent to its answer's last byte received.
    """

    answers: int
    seconds: float
    median_ms: float
    body_bytes: int

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


class UnexpectedAnswer(RuntimeError):
    """The server answered by another status; the message shows how."""


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """Return a request as bytes; `_` in a header's name stands for `-`."""
    lines = [f"{method} {path} HTTP/1.1", "host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join(lines).encode() + _END_OF_HEAD + body


def in_process(order: Order) -> Count:
    """Carry an order out in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.http_load"]
    done = subprocess.run(
        command,
        input=order.model_dump_json().encode(),
        stdout=subprocess.PIPE,
        check=True,
        timeout=_GRACE_S + order.seconds,
    )
    return Count.model_validate_json(done.stdout)


async def carry_out(order: Order) -> Count:
    """Ask until the time is over, and return what was answered by then."""
    loop = asyncio.get_running_loop()
    stop_at = time.perf_counter() + order.seconds
    asking = itertools.cycle(order.requests)
    clients = [_Client(asking, order.status, stop_at, loop.create_future()) for _ in range(order.connections)]
    start = time.perf_counter()
    for client in clients:
        await loop.create_connection(partial(_itself, client), "127.0.0.1", order.port)
    await asyncio.gather(*(client.done for client in clients))
    times = [each for client in clients for each in client.times]
    return Count(
        answers=len(times),
        seconds=time.perf_counter() - start,
        median_ms=1000 * statistics.median(times),
        body_bytes=clients[0].body_bytes,
    )


def _itself(client: "_Client") -> "_Client":
    return client


class _Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, asking: Iterator[bytes], status: int, stop_at: float, done: "asyncio.Future[None]") -> None:
        self.done = done
        self.times: list[float] = []
        self.body_bytes = 0
        self._asking = asking
        self._status = b"HTTP/1.1 %d" % status
        self._stop_at = stop_at
        self._head = b""
        self._left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the first question."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one, and does not say so
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Take a piece of an answer."""
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            end = self._head.find(_END_OF_HEAD)
            if end < 0:
                return
            self._begin(end)
        if self._left == 0:
            self._end()

    def connection_lost(self, error: Exception | None) -> None:
        """Say so where it was not we who closed it."""
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed a connection"))

    def _ask(self) -> None:
        self._asked_at = time.perf_counter()
        self._transport.write(next(self._asking))

    def _begin(self, end: int) -> None:
        head, body = self._head[:end], self._head[end + len(_END_OF_HEAD) :]
        if not head.startswith(self._status):
            self.done.set_exception(UnexpectedAnswer(self._head.decode(errors="replace")[:2000]))
            return
        at = head.find(_LENGTH)
        self.body_bytes = int(head[at + len(_LENGTH) :].split(b"\r", 1)[0]) if at >= 0 else 0
        self._left = self.body_bytes - len(body)
        self._head = b""

    def _end(self) -> None:
        now = time.perf_counter()
        self.times.append(now - self._asked_at)
        if now < self._stop_at:
            self._ask()
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()


def _main() -> None:
    order = Order.model_validate_json(sys.stdin.buffer.read())
    if order.core is not None:
        pin((order.core,))
    with suppress(BrokenPipeError):
        sys.stdout.write(uvloop.run(carry_out(order)).model_dump_json())


if __name__ == "__main__":
    _main()
