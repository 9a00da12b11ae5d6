"""Reads over HTTP: how many a second one core of the service answers, beside a bare app on the same core.

The servers take turns on the core, round by round, so that whatever else the machine does meets all of them alike.
"""

import itertools
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import orjson

from benchmarks.filled_database import Filled
from benchmarks.http_load import Order, in_process, request
from benchmarks.serving import Server
from tests.service_data import CONDITIONS

BULK_KEYS = 500
_WARM_UP_S = 0.3
_BODIES = 16
_QUERIES = 1000


@dataclass(frozen=True)
class Case:
    """One kind of read.

    Attributes:
        requests: Asked in turn.
    """

    name: str
    requests: tuple[bytes, ...]
    status: int = 200
    connections: int = 8


@dataclass(frozen=True)
class Pace:
    """What a server did in one round.

    Attributes:
        cpu_ms: Of one core, for each answer.
        of_bare: Answers a second, as a share of the bare app's in the same round.
    """

    per_second: float
    of_bare: float
    cpu_ms: float
    median_ms: float
    body_bytes: int


BARE = Case("bare", (request("GET", "/"),))
#: A whole snapshot, by content coding; it comes from the same memory whatever the engine, and is measured on one.
FORMS: Mapping[str, Mapping[str, str]] = {
    "snapshot": {},
    "snapshot, gzip": {"accept_encoding": "gzip"},
    "snapshot, zstd": {"accept_encoding": "zstd"},
}
_ENGINE_OF_FORMS = "postgresql"


def cases(filled: Filled, engine: str) -> Iterator[Case]:
    """Yield the reads of a table, each over many of its keys."""
    path = f"/v1/tables/{filled.table_id}/lookup"
    keys = itertools.cycle(filled.keys)
    bodies = [orjson.dumps({"ops": list(itertools.islice(keys, BULK_KEYS))}) for _ in range(_BODIES)]
    query = f"/v1/latency?device={filled.device}&runtime={CONDITIONS.runtime}&op="
    snapshot = f"/v1/snapshots/{filled.snapshot_id}"
    known = request("GET", snapshot, if_none_match=f'"{filled.snapshot_id}"')
    yield Case("one op", tuple(request("GET", query + key) for key in filled.keys[:_QUERIES]))
    yield Case("bulk", tuple(request("POST", path, body) for body in bodies))
    yield Case("304", (known,), status=304)
    if engine == _ENGINE_OF_FORMS:
        for name, headers in FORMS.items():
            yield Case(name, (request("GET", snapshot, b"", **headers),), connections=1)


def measure(
    bare: Server, services: Mapping[str, tuple[Server, Filled]], rounds: int, seconds: float, core: int | None
) -> dict[tuple[str, str], list[Pace]]:
    """Return each service's pace at each read, a value a round, by the service's name and the read's.

    Args:
        bare: The denominator.
        services: By the name of their engine, each with what its database holds.
        rounds: How often each takes its turn.
        seconds: How long a turn is.
        core: Of the client.
    """
    plan = [(name, server, case) for name, (server, filled) in services.items() for case in cases(filled, name)]
    for server, case in ((bare, BARE), *((server, case) for _, server, case in plan)) if rounds > 1 else ():
        _turn(server, case, _WARM_UP_S, core)
    paces: dict[tuple[str, str], list[Pace]] = {}
    for _ in range(rounds):
        denominator = _turn(bare, BARE, seconds, core)
        paces.setdefault(("", BARE.name), []).append(denominator)
        for name, server, case in plan:
            pace = _turn(server, case, seconds, core)
            compared = replace(pace, of_bare=pace.per_second / denominator.per_second)
            paces.setdefault((name, case.name), []).append(compared)
    return paces


def median(paces: list[Pace], member: str) -> float:
    """Return the median of a member over the rounds."""
    return float(statistics.median(getattr(pace, member) for pace in paces))


def _turn(server: Server, case: Case, seconds: float, core: int | None) -> Pace:
    before_s = server.cpu_s
    order = Order(
        port=server.port,
        requests=case.requests,
        status=case.status,
        connections=case.connections,
        seconds=seconds,
        core=core,
    )
    count = in_process(order)
    cpu_ms = 1000 * (server.cpu_s - before_s) / count.answers
    return Pace(count.per_second, 1.0, cpu_ms, count.median_ms, count.body_bytes)
