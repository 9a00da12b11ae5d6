"""A fleet on two replicas: a thousand agents poll, renew and upload for minutes; nothing may fail, be lost or doubled.

Agents have no stopwatch; all else is real: HTTP, leases, profiles, two `latency-service serve` and one PostgreSQL.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import typer
import uvloop
from rich.console import Console

from benchmarks import serving
from benchmarks.fleet_agent import Caller, FleetAgent
from benchmarks.fleet_tally import Books, FleetTally, books_table, read_books, requests_table
from latency_service.database import Database
from tests.engines import running_postgres
from tests.service_data import CONDITIONS, keys

OPS = 40
_PROFILES_AT_ONCE = 4
_REGISTERING_AT_ONCE = 50
_SETTLE_S = 120.0
_POLL_S = 0.5


@dataclass
class Fleet:
    """The agents and those who ask for measurements.

    Attributes:
        profiles: The ids of all profiles that were asked for.
    """

    ports: Sequence[int]
    agents: int
    seconds: float
    tally: FleetTally
    rng: random.Random
    profiles: list[str]

    async def live(self) -> int:
        """Live for the time given and until all that was asked for is done; return how many profiles are not."""
        agents = [
            FleetAgent(_device(number), self.ports[number % len(self.ports)], self.tally, self._new_rng())
            for number in range(self.agents)
        ]
        gate = asyncio.Semaphore(_REGISTERING_AT_ONCE)
        await asyncio.gather(*(_through(gate, agent) for agent in agents))
        is_over = asyncio.Event()
        working = [asyncio.create_task(agent.work(is_over)) for agent in agents]
        end = time.monotonic() + self.seconds
        askers = min(_PROFILES_AT_ONCE, self.agents)
        await asyncio.gather(*(self._ask_for_profiles(number, askers, end) for number in range(askers)))
        undone = await self._settle()
        is_over.set()
        await asyncio.gather(*working)
        return undone

    async def _ask_for_profiles(self, number: int, askers: int, end: float) -> None:
        """Ask for one device's ops after the other's, anew each time, so often that each comes twice."""
        caller = Caller(self.ports[number % len(self.ports)], self.tally)
        mine = [_device(each) for each in range(number, self.agents, askers)]
        pause_s = self.seconds / max(1, 2 * len(mine))
        while time.monotonic() < end:
            profile = {"device": self.rng.choice(mine), "conditions": CONDITIONS.model_dump(), "max_age_s": 0}
            wanted = profile | {"workloads": self.rng.sample(keys(OPS), self.rng.randint(1, OPS))}
            created = await caller.ask("create profile", "POST", "/v1/profiles", wanted)
            if created is not None:
                self.profiles.append(created["profile_id"])
                await caller.ask("profile status", "GET", f"/v1/profiles/{self.rng.choice(self.profiles)}")
            await asyncio.sleep(self.rng.uniform(0, 2 * pause_s))
        caller.close()

    async def _settle(self) -> int:
        """Wait until every profile is done, or too long; return how many are not."""
        caller, undone = Caller(self.ports[0], self.tally), list(self.profiles)
        deadline = time.monotonic() + _SETTLE_S
        while undone and time.monotonic() < deadline:
            status = await caller.ask("profile status", "GET", f"/v1/profiles/{undone[-1]}")
            if status is not None and status["state"] == "done":
                undone.pop()
            else:
                await asyncio.sleep(_POLL_S)
        caller.close()
        return len(undone)

    def _new_rng(self) -> random.Random:
        return random.Random(self.rng.random())


def run(agents: int, minutes: float, seed: int, console: Console) -> None:
    """Let the fleet live, and print what came of it.

    Raises:
        typer.Exit: With code 1: a request failed, or a result was lost or doubled.
    """
    tally = FleetTally()
    with tempfile.TemporaryDirectory() as name, running_postgres() as postgres, ExitStack() as stack:
        url = postgres.create()
        replicas = [
            stack.enter_context(serving.service(url, Path(name) / each, None, lease_s=15.0)) for each in ("one", "two")
        ]
        ports = [replica.port for replica in replicas]
        fleet = Fleet(ports, agents, 60 * minutes, tally, random.Random(seed), [])
        undone = uvloop.run(fleet.live())
        books = _read_books(url, tally)
    console.print(requests_table(tally, f"{agents:,} agents, {minutes:g} minutes, two replicas, PostgreSQL"))
    console.print(books_table(books))
    for (kind, what), number in tally.errors.most_common(20):
        console.print(f"{kind}: {number} x {what}", style="bold red", markup=False)
    console.print(f"{len(fleet.profiles):,} profiles, {undone} of them not done by REST")
    if tally.errors or undone or not books.are_right:
        raise typer.Exit(1)


def _read_books(url: str, tally: FleetTally) -> Books:
    database = Database(url)
    try:
        return database.read(lambda session: read_books(session, tally))
    finally:
        database.close()


async def _through(gate: asyncio.Semaphore, agent: FleetAgent) -> None:
    async with gate:
        await agent.register()


def _device(number: int) -> str:
    return f"board-{number}"
