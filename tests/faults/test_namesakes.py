"""Two agents that give their device the same name: work is shared between them, and nothing is counted twice."""

import os

from tests.faults.rig import Rig, assert_whole, eventually
from tests.processes import AgentProcess

CORES = sorted(os.sched_getaffinity(0))


def start_two(rig: Rig, *cores: int) -> list[AgentProcess]:
    """Start an agent on each of the cores; the measuring core is part of a device's state."""
    agents = [
        rig.start_agent("--max-jobs", "2", "--cores", str(core), life_of=f"agent-{number}")
        for number, core in enumerate(cores)
    ]
    eventually(lambda: rig.proxy.count("register") >= 2)
    return agents


def test_two_agents_of_the_same_name_share_the_work_and_no_job_counts_twice(rig: Rig) -> None:
    agents = start_two(rig, CORES[-1], CORES[-1])
    assert_whole(rig, rig.ask(10))
    for agent in agents:
        assert agent.stop() == 0
        assert b'"leased"' in agent.log.read_bytes()


def test_two_agents_of_the_same_name_and_of_different_states_come_to_a_whole_table_all_the_same(rig: Rig) -> None:
    """The device's state changes with who asked last: what was measured in the other one is measured again."""
    start_two(rig, CORES[0], CORES[-1])
    ledger = rig.settle(rig.ask(4))
    assert ledger.lost == ledger.failed == ()
