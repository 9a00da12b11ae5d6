"""kill -9 at every moment of a job's way: of the measuring child, of its supervisor, of the service."""

import signal

import pytest

from tests.fake_child import STEADY
from tests.faults.rig import Rig, Service, assert_whole, eventually


def test_a_child_killed_in_the_middle_of_a_sample_costs_no_measurement(rig: Rig) -> None:
    agent = rig.start_agent()
    asked = rig.ask(4, STEADY)
    rig.wait_until_lent(asked)
    eventually(lambda: len(agent.children()) == 1)
    agent.children()[0].kill()
    assert assert_whole(rig, asked).late == 0


def test_the_jobs_of_an_agent_killed_in_the_middle_of_its_lease_are_free_within_twice_that(rig: Rig) -> None:
    agent = rig.start_agent()
    asked = rig.ask(4, STEADY)
    rig.wait_until_lent(asked)
    eventually(lambda: len(agent.children()) == 1)
    (child,) = agent.children()
    agent.kill()
    eventually(lambda: not child.is_running() or child.status() == "zombie")
    rig.wait_until_free(asked)
    rig.start_agent()
    assert_whole(rig, asked)


def test_an_agent_killed_between_measuring_and_upload_uploads_in_its_next_life(rig: Rig) -> None:
    rig.proxy.plan = lambda kind: "lost_request" if kind == "result" else "none"
    agent = rig.start_agent()
    asked = rig.ask(4)
    eventually(lambda: len(rig.spooled()) == 4)
    agent.kill()
    spooled = rig.spooled()
    rig.proxy.plan = lambda kind: "none"
    rig.start_agent()
    assert {result.stem for result in spooled} <= assert_whole(rig, asked).result_ids


def test_a_result_whose_agent_was_killed_during_its_upload_arrives_twice_and_counts_once(rig: Rig) -> None:
    rig.proxy.late_s = 600
    rig.proxy.plan = lambda kind: "late_answer" if kind == "result" else "none"
    agent = rig.start_agent()
    asked = rig.ask(1)
    eventually(lambda: rig.status(asked).state == "done")
    agent.kill()
    assert len(rig.spooled()) == 1
    rig.proxy.plan = lambda kind: "none"
    rig.start_agent()
    assert assert_whole(rig, asked).late == 0
    assert rig.proxy.count("result") == 2


@pytest.mark.parametrize(("fsync", "unfinished", "spooled"), [(1, 1, 0), (2, 0, 1)])
def test_an_agent_killed_while_it_spools_measures_again_what_is_not_whole(
    rig: Rig, fsync: int, unfinished: int, spooled: int
) -> None:
    agent = rig.start_agent("--dies-at-fsync", str(fsync))
    asked = rig.ask(2)
    assert agent.wait() == -signal.SIGKILL
    assert len(list(agent.state_dir.rglob("spool/*.tmp"))) == unfinished
    assert len(rig.spooled()) == spooled
    rig.start_agent()
    assert_whole(rig, asked)


def test_a_service_killed_in_the_middle_of_a_lease_and_started_again_loses_nothing(rig: Rig, service: Service) -> None:
    rig.start_agent("--max-jobs", "2")
    asked = rig.ask(6, STEADY)
    eventually(lambda: rig.status(asked).counts["succeeded"] >= 2)
    rig.wait_until_lent(asked)
    service.kill()
    service.start_again()
    assert rig.status(asked).counts["succeeded"] >= 2
    assert_whole(rig, asked)
