"""Fault storm: agents, children, service, network and disk fail at random for some minutes; nothing may be lost by it.

All processes are real, but children answer without a stopwatch, so that a second sees a dozen jobs. Three agents speak
for the same device, through one faulty proxy. Now and then all of them are killed at once, to see for how long their
jobs lie with the dead; then the weather clears until all that was asked for is measured, and the books are checked.
"""

import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import Progress

from benchmarks.fault_tally import Tally, tally_table
from device_agents.supervisor.spool import SpooledResult
from tests.fake_child import STEADY
from tests.faults.ledger import Ledger, read_ledger
from tests.faults.rig import DEADLINE_S, LEASE_S, STUCK_S, Asked, Rig, Service, rigged
from tests.faulty_proxy import CallKind, Fault
from tests.processes import AgentProcess

AGENTS = 3
JOBS = 60
ROUND_S = 20.0
MAX_ATTEMPTS = 10_000  # a storm kills an agent more often than a job may be lent; here that is no reason to give it up
_CALL_FAULT_SHARE = 0.1
_CALL_FAULTS: tuple[Fault, ...] = (
    "error_500",
    "too_many",
    "garbage",
    "lost_request",
    "lost_answer",
    "late_answer",
    "half_body",
)
_LONGEST_HOLD_S = 1.5 * LEASE_S
_HOUR_S = 3600
_LAST_WORDS = 2000
_POLL_S = 0.05


class Fleet:
    """The agents; each may die at any time and then has a next life, on the same state folder."""

    def __init__(self, rig: Rig, rng: random.Random, tally: Tally) -> None:
        self._rig = rig
        self._rng = rng
        self._tally = tally
        self._agents: list[AgentProcess | None] = [None] * AGENTS

    def revive(self, in_storm: bool) -> None:
        """Start all agents that do not run; in a storm some get a wrong clock or a day of death."""
        for number, agent in enumerate(self._agents):
            if agent is None or not agent.is_alive:
                self._autopsy(agent)
                options = self._fate() if in_storm else ()
                life_of = f"agent-{number}"
                self._agents[number] = self._rig.start_agent("--max-jobs", "8", *options, life_of=life_of)

    def one(self) -> AgentProcess | None:
        """Return any agent that runs, if any does."""
        alive = [agent for agent in self._agents if agent is not None and agent.is_alive]
        return self._rng.choice(alive) if alive else None

    def kill(self) -> None:
        """Kill all agents at once."""
        for agent in self._agents:
            if agent is not None:
                agent.process.kill()

    def _autopsy(self, agent: AgentProcess | None) -> None:
        if agent is not None and agent.wait() != -signal.SIGKILL:
            self._tally.gave_up += 1
            self._tally.last_words.append(agent.log.read_text()[-_LAST_WORDS:])

    def _fate(self) -> tuple[str, ...]:
        match self._rng.randrange(4):
            case 0:
                self._tally.faults["agent: killed while spooling"] += 1
                return "--dies-at-fsync", str(self._rng.randint(1, 8))
            case 1:
                self._tally.faults["agent: clock jumps"] += 1
                return "--clock-step-s", str(self._rng.choice((-_HOUR_S, _HOUR_S)))
            case _:
                return ()


class Storm:
    """Strikes a rig's processes and calls at random, and checks the books after each round."""

    def __init__(self, rig: Rig, service: Service, rng: random.Random, tally: Tally) -> None:
        self._rig = rig
        self._service = service
        self._rng = rng
        self._weather_rng = random.Random(rng.random())  # asked by other threads, whenever an agent calls
        self._tally = tally
        self._fleet = Fleet(rig, rng, tally)
        self._strikes: dict[str, Callable[[AgentProcess], None]] = {
            "child: killed": self._kill_child,
            "agent: killed": AgentProcess.kill,
            "agent: suspended": self._suspend,
            "agent: disk full": self._fill_disk,
            "service: killed": lambda agent: self._restart_service(),
            "service: away": lambda agent: self._take_service_away(),
        }

    def round(self, on_progress: Callable[[], None]) -> None:
        """Ask for jobs, blow for a while, and settle."""
        self._fleet.revive(in_storm=False)
        asked = [self._ask()]
        self._rig.proxy.plan = self._weather
        end = time.monotonic() + ROUND_S
        while time.monotonic() < end:
            self._strike()
            if self._rig.status(asked[-1]).state == "done":
                asked.append(self._ask())
            self._hold(1.0)
            self._fleet.revive(in_storm=True)
            on_progress()
        self._settle(asked)

    def _ask(self) -> Asked:
        asked = self._rig.ask(JOBS, STEADY, first=self._tally.asked)
        self._tally.asked += JOBS
        return asked

    def _weather(self, kind: CallKind) -> Fault:
        fault = self._weather_rng.choice(_CALL_FAULTS) if self._weather_rng.random() < _CALL_FAULT_SHARE else "none"
        if fault != "none":
            self._tally.faults[f"call: {fault.replace('_', ' ')}"] += 1
        return fault

    def _strike(self) -> None:
        agent = self._fleet.one()
        if agent is not None:
            name = self._rng.choice(tuple(self._strikes))
            self._tally.faults[name] += 1
            self._strikes[name](agent)

    def _hold(self, longest_s: float = _LONGEST_HOLD_S) -> None:
        time.sleep(self._rng.uniform(0.0, longest_s))

    def _kill_child(self, agent: AgentProcess) -> None:
        children = agent.children()
        self._tally.faults["child: killed"] -= not children  # there was nobody to be killed
        for child in children:
            child.kill()

    def _suspend(self, agent: AgentProcess) -> None:
        agent.suspend()
        self._hold()
        agent.resume()

    def _fill_disk(self, agent: AgentProcess) -> None:
        agent.fill_disk()
        self._hold()
        if agent.is_alive:
            agent.free_disk()

    def _restart_service(self) -> None:
        self._service.kill()
        self._hold(1.0)
        self._service.start_again()

    def _take_service_away(self) -> None:
        self._rig.proxy.plan = lambda kind: "lost_request"
        self._hold()
        self._rig.proxy.plan = self._weather

    def _settle(self, asked: list[Asked]) -> None:
        """Kill all agents, wait until their jobs are free, start them again, and check the books."""
        tally, rig = self._tally, self._rig
        self._fleet.kill()
        rig.proxy.plan = lambda kind: "none"
        waited_s = _waited_s(lambda: all(rig.status(each).counts["leased"] == 0 for each in asked))
        tally.longest_wait_s = max(tally.longest_wait_s, waited_s)
        owed = _owed(rig)
        self._fleet.revive(in_storm=False)
        is_late = _waited_s(lambda: all(map(rig.is_settled, asked))) >= DEADLINE_S
        tally.stuck += (waited_s > STUCK_S) + is_late
        if not is_late:
            self._enter([read_ledger(rig.client, rig.status(each), each.workloads) for each in asked], owed)

    def _enter(self, ledgers: list[Ledger], owed: set[str]) -> None:
        tally = self._tally
        tally.late = ledgers[-1].late  # of the device, like the two below
        tally.twice = len(ledgers[-1].twice)
        tally.lost += len(owed - ledgers[-1].result_ids)
        tally.refused = len(self._rig.rejected())
        for ledger in ledgers:
            tally.lost += len(ledger.lost)
            tally.failed += len(ledger.failed)


def run(minutes: float, seed: int, console: Console) -> None:
    """Let it storm, and print the tally. The seed draws the faults; whom they meet at what also depends on timing.

    Raises:
        typer.Exit: With code 1: something was lost, counted twice or stuck, or an agent gave up.
    """
    tally = Tally()
    with _stage(random.Random(seed), tally) as storm, Progress(console=console) as progress:
        task = progress.add_task("storm", total=60 * minutes)
        start = time.monotonic()
        while (past_s := time.monotonic() - start) < 60 * minutes:
            storm.round(lambda: progress.update(task, completed=time.monotonic() - start))
    console.print(tally_table(tally, past_s, seed))
    for words in tally.last_words:
        console.print(words, markup=False)
    if any(tally.violations.values()):
        raise typer.Exit(1)


@contextmanager
def _stage(rng: random.Random, tally: Tally) -> Iterator[Storm]:
    with tempfile.TemporaryDirectory() as name:
        service = Service(Path(name), MAX_ATTEMPTS)
        try:
            with rigged(service.url, "board", Path(name)) as rig:
                yield Storm(rig, service, rng, tally)
        finally:
            service.kill()


def _owed(rig: Rig) -> set[str]:
    """Return the ids of the measurements that wait in a spool."""
    spooled = (SpooledResult.model_validate_json(path.read_bytes()) for path in rig.spooled())
    return {str(each.result_id) for each in spooled if each.result.measurement is not None}


def _waited_s(condition: Callable[[], bool]) -> float:
    """Return how long it took until the condition held, at most DEADLINE_S."""
    start = time.monotonic()
    while not condition() and time.monotonic() - start < DEADLINE_S:
        time.sleep(_POLL_S)
    return time.monotonic() - start
