"""A host that sleeps: its agent wakes up with a lease that has long ended."""

from tests.fake_child import STEADY
from tests.faults.rig import Rig, assert_whole, eventually


def test_an_agent_that_was_suspended_beyond_its_lease_goes_on_when_it_wakes_up(rig: Rig) -> None:
    agent = rig.start_agent()
    asked = rig.ask(4, STEADY)
    rig.wait_until_lent(asked)
    eventually(lambda: len(agent.children()) == 1)
    agent.suspend()
    rig.wait_until_free(asked)
    agent.resume()
    assert_whole(rig, asked)
