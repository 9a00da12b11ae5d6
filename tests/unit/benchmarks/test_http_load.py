import asyncio
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

import pytest

from benchmarks.http_load import Order, UnexpectedAnswer, carry_out, request
from tests.loopback import QuietHandler, handling


class Echo(QuietHandler):
    """Answers what it is sent, in two pieces; /away is not found."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(404 if self.path == "/away" else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:1])
        self.wfile.write(body[1:])


def ask(path: str, handler: type[BaseHTTPRequestHandler] = Echo) -> tuple[int, int]:
    with handling(handler) as url:
        order = Order(port=urlsplit(url).port or 0, requests=(request("POST", path, b"12345"),), seconds=0.05)
        count = asyncio.run(carry_out(order))
    return count.answers, count.body_bytes


def test_whole_answers_are_counted() -> None:
    answers, body_bytes = ask("/")
    assert answers >= 8
    assert body_bytes == 5


def test_an_answer_of_another_status_ends_the_load() -> None:
    with pytest.raises(UnexpectedAnswer, match="404"):
        ask("/away")
