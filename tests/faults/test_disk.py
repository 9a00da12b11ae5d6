"""A disk that is full: no file of the agent's can grow."""

from tests.fake_child import STEADY
from tests.faults.rig import Rig, assert_whole, eventually


def test_what_is_measured_on_a_full_disk_is_uploaded_all_the_same(rig: Rig) -> None:
    agent = rig.start_agent()
    eventually(lambda: rig.proxy.count("lease") > 0)
    agent.fill_disk()
    assert_whole(rig, rig.ask(4))
    assert agent.stop() == 0


def test_an_agent_that_wakes_up_on_a_full_disk_takes_up_what_its_last_life_left(rig: Rig) -> None:
    agent = rig.start_agent()
    asked = rig.ask(2, STEADY)
    rig.wait_until_lent(asked)
    agent.kill()
    agent = rig.start_agent("--disk-is-full")
    assert_whole(rig, asked)
    assert agent.stop() == 0


def test_results_that_neither_disk_nor_service_takes_are_kept_until_one_of_them_does(rig: Rig) -> None:
    rig.proxy.plan = lambda kind: "lost_request" if kind == "result" else "none"
    agent = rig.start_agent()
    eventually(lambda: rig.proxy.count("lease") > 0)
    agent.fill_disk()
    asked = rig.ask(4)
    eventually(lambda: agent.log.read_bytes().count(b"kept in memory") >= 4)
    assert rig.spooled() == []
    agent.free_disk()
    eventually(lambda: len(rig.spooled()) == 4)
    agent.kill()
    spooled = rig.spooled()
    rig.proxy.plan = lambda kind: "none"
    rig.start_agent()
    assert {result.stem for result in spooled} <= assert_whole(rig, asked).result_ids
