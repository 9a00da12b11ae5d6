"""The status server: `GET /status` answers what the agent does, as JSON, to whoever monitors this machine."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import structlog

from device_agents.supervisor.status import AgentStatus

log = structlog.get_logger()


@contextmanager
def serving_status(status: AgentStatus, host: str, port: int) -> Iterator[str]:
    """Serve while the body runs; yield the URL. An agent whose main loop is stuck answers 503.

    Raises:
        OSError: The port is taken.
    """
    server = _Server((host, port), status)
    url = f"http://{host}:{server.server_port}/status"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.5}, daemon=True, name="status")
    thread.start()
    log.info("serving the status", url=url)
    try:
        yield url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], status: AgentStatus) -> None:
        self.status = status
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10.0  # a caller who says nothing holds a thread no longer than this

    def do_GET(self) -> None:
        """Answer `/status`."""
        if self.path.partition("?")[0] != "/status":
            self.send_error(HTTPStatus.NOT_FOUND, "this agent answers /status alone")
            return
        report = self.server.status.report()
        content = report.model_dump_json().encode()
        self.send_response(HTTPStatus.OK if report.is_alive else HTTPStatus.SERVICE_UNAVAILABLE)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a monitor asks every few seconds."""
