"""The service's speed, as ratios in one run: reads beside a bare app, snapshots, leases.

All of it is measured twice: in a database of one filled table, and with a million measurements in it.

Reads run on one core of two, the client on the other. The goals are the project's, scaled by what the bare app does.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks import filled_database, service_leasing, service_reads, service_snapshots, serving
from benchmarks.filled_database import Filled
from benchmarks.service_reads import BARE, BULK_KEYS, Pace
from benchmarks.service_report import Figure, Report, report_table, scale, with_later
from benchmarks.serving import Server
from device_agents.host.cores import allowed_cores
from latency_service import schema
from latency_service.database import Database
from latency_service.tables import Device
from tests.engines import running_postgres

_SQLITE, _POSTGRESQL = "sqlite", "postgresql"


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    entries: int
    measurements: int
    rounds: int
    seconds: float
    lease_seconds: float
    agents: int = 8
    batches: tuple[int, ...] = (1, 20, 100)


FULL = Size(entries=20_000, measurements=1_000_000, rounds=5, seconds=0.5, lease_seconds=2.0)
QUICK = Size(entries=200, measurements=1_000, rounds=1, seconds=0.1, lease_seconds=0.2, agents=2, batches=(20,))


@dataclass(frozen=True)
class Bench:
    """A database with a filled table and queued jobs, and a service on it."""

    engine: str
    url: str
    database: Database
    filled: Filled
    devices: tuple[Device, ...]
    server: Server

    @property
    def address(self) -> str:
        """The service's URL."""
        return f"http://127.0.0.1:{self.server.port}"


def run(size: Size, json_file: Path | None, console: Console) -> None:
    """Print the report, and write it as JSON where a file is named."""
    cores = allowed_cores()
    server_core, client_core = (cores[0], cores[-1]) if len(cores) > 1 else (None, None)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        bare = stack.enter_context(serving.bare(server_core))
        benches = tuple(stack.enter_context(_bench(url, Path(name), size, server_core)) for url in _urls(stack, name))
        bare_per_s, first = _figures(bare, benches, size, client_core, console)
        for bench in benches:
            console.log(f"{bench.engine}: adding measurements")
            filled_database.add_measurements(bench.database, bench.filled, size.measurements)
        _, again = _figures(bare, benches, size, client_core, console)
    report = Report(bare_per_s=bare_per_s, measurements=size.measurements, figures=with_later(first, again))
    console.print(report_table(report))
    if json_file is not None:
        json_file.write_text(report.model_dump_json(indent=2))


def _urls(stack: ExitStack, folder: str) -> Iterator[str]:
    yield f"sqlite:///{Path(folder) / 'latency.db'}"
    yield stack.enter_context(running_postgres()).create()


@contextmanager
def _bench(url: str, folder: Path, size: Size, core: int | None) -> Iterator[Bench]:
    engine = _SQLITE if url.startswith(_SQLITE) else _POSTGRESQL
    database = Database(url)
    schema.migrate(database)
    filled = filled_database.fill_table(database, size.entries)
    devices = service_leasing.queue_jobs(database, size.agents)
    with serving.service(url, folder / engine, core) as server:
        yield Bench(engine, url, database, filled, devices, server)
    database.close()


def _figures(
    bare: Server, benches: tuple[Bench, ...], size: Size, client_core: int | None, console: Console
) -> tuple[float, list[Figure]]:
    console.log("reads")
    services = {bench.engine: (bench.server, bench.filled) for bench in benches}
    paces = service_reads.measure(bare, services, size.rounds, size.seconds, client_core)
    bare_per_s = service_reads.median(paces["", BARE.name], "per_second")
    figures = [figure for bench in benches for figure in _reads(paces, bench.engine, bare_per_s)]
    for bench in benches:
        console.log(f"{bench.engine}: snapshots and leases")
        figures += _snapshots(bench, size, bare_per_s)
        figures += _leases(bench, size, bare_per_s)
    return bare_per_s, figures


def _reads(paces: Mapping[tuple[str, str], list[Pace]], engine: str, bare_per_s: float) -> Iterator[Figure]:
    def of(case: str, member: str) -> float:
        return service_reads.median(paces[engine, case], member)

    keys_per_s = BULK_KEYS * of("bulk", "per_second")
    share = {"engine": engine, "unit": "of bare"}
    yield Figure(name="one op: GET", value=of("one op", "of_bare"), goal=0.45, **share)
    yield Figure(name="snapshot: 304", value=of("304", "of_bare"), goal=0.6, **share)
    goal = 1e6 * scale(bare_per_s)
    yield Figure(name=f"lookup of {BULK_KEYS} keys", engine=engine, value=keys_per_s, unit="keys/s", goal=goal)
    for form in service_reads.FORMS:
        if (engine, form) in paces:
            name = f"{form}: server time, warm"
            yield Figure(name=name, engine=engine, value=of(form, "cpu_ms"), unit="ms", goal=2.0, best="less")


def _snapshots(bench: Bench, size: Size, bare_per_s: float) -> Iterator[Figure]:
    slower = 1 / scale(bare_per_s)
    of = {"engine": bench.engine, "unit": "ms", "best": "less"}
    repeats = 2 * size.rounds
    cut_ms = service_snapshots.cut_ms(bench.database, bench.filled, repeats)
    load_ms = service_snapshots.load_ms(bench.database, bench.filled.snapshot_id, repeats)
    fetch_ms, look_up_ms = service_snapshots.fetch_ms(bench.address, bench.filled, repeats)
    goal = 60 * slower if bench.engine == _POSTGRESQL else None
    yield Figure(name="snapshot: cut and committed", value=cut_ms, goal=goal, **of)
    yield Figure(name="snapshot: read and indexed", value=load_ms, goal=goal, **of)
    yield Figure(name="search client: fetch and index", value=fetch_ms, goal=100 * slower, **of)
    yield Figure(name="search client: 100 ops, no I/O", value=look_up_ms, **of)


def _leases(bench: Bench, size: Size, bare_per_s: float) -> Iterator[Figure]:
    of = {"engine": bench.engine, "unit": "jobs/s"}
    for batch in size.batches:
        goal = 10_000 * scale(bare_per_s) if (bench.engine, batch) == (_POSTGRESQL, 20) else None
        per_s = service_leasing.jobs_per_s(bench.database, bench.url, bench.devices, batch, size.lease_seconds)
        yield Figure(name=f"lease + complete, batch {batch}, {size.agents} agents", value=per_s, goal=goal, **of)
    per_s = service_leasing.jobs_per_s(bench.database, bench.url, bench.devices, 20, size.lease_seconds, bench.address)
    yield Figure(name=f"lease + results over HTTP, batch 20, {size.agents} agents", value=per_s, **of)
