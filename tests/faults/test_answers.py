"""What stands between an agent and its service answers wrongly, or not at all; each kind of call meets each fault."""

import pytest

from tests.fake_child import STEADY
from tests.faults.rig import LEASE_S, Rig, assert_whole, eventually
from tests.faulty_proxy import RETRY_AFTER_S, CallKind, Fault, at_first

CALLS: tuple[CallKind, ...] = ("register", "lease", "result")


@pytest.mark.parametrize("fault", ["error_500", "garbage", "lost_request", "lost_answer", "late_answer", "half_body"])
def test_a_fault_of_each_kind_of_call_loses_nothing(rig: Rig, fault: Fault) -> None:
    rig.proxy.plan = at_first(dict.fromkeys(CALLS, fault))
    agent = rig.start_agent()
    assert_whole(rig, rig.ask(4))
    assert agent.stop() == 0
    assert [rig.proxy.count(kind, fault) for kind in CALLS] == [1, 1, 1]


def test_an_agent_that_is_told_when_to_come_back_comes_no_sooner(rig: Rig) -> None:
    rig.proxy.plan = at_first(dict.fromkeys(CALLS, "too_many"))
    rig.start_agent()
    assert_whole(rig, rig.ask(1))
    for kind in CALLS:
        refused, again, *_ = (call.at_s for call in rig.proxy.calls if call.kind == kind)
        assert again - refused >= RETRY_AFTER_S


def test_a_service_that_is_away_for_several_leases_gets_every_result_when_it_is_back(rig: Rig) -> None:
    rig.start_agent("--max-jobs", "4")
    asked = rig.ask(8, STEADY)
    rig.wait_until_lent(asked)
    rig.proxy.plan = lambda kind: "lost_request"
    eventually(lambda: len(rig.spooled()) == 4)
    away_until_s = rig.proxy.calls[-1].at_s + 2 * LEASE_S
    eventually(lambda: rig.proxy.calls[-1].at_s > away_until_s)
    rig.proxy.plan = lambda kind: "none"
    assert assert_whole(rig, asked).late == 4


def test_what_is_measured_while_its_lease_expires_is_kept_and_not_counted_twice(rig: Rig) -> None:
    rig.proxy.plan = lambda kind: "error_500" if kind == "renew" and rig.proxy.count("result") < 4 else "none"
    agent = rig.start_agent()
    asked = rig.ask(4, STEADY)
    rig.wait_until_lent(asked)
    eventually(lambda: len(agent.children()) == 1)
    (child,) = agent.children()
    child.suspend()
    rig.wait_until_free(asked)
    child.resume()
    assert assert_whole(rig, asked).late == 4


def test_a_service_that_takes_this_agent_no_more_ends_it_with_its_own_code_and_its_successor_goes_on(rig: Rig) -> None:
    agent = rig.start_agent("--max-jobs", "2")
    eventually(lambda: rig.proxy.count("lease") > 0)
    rig.proxy.plan = lambda kind: "too_old" if kind == "lease" and rig.proxy.count("result") == 2 else "none"
    asked = rig.ask(4)
    assert agent.wait() == 3
    assert b"upgrade the agent" in agent.log.read_bytes()
    rig.proxy.plan = lambda kind: "none"
    rig.start_agent()
    assert assert_whole(rig, asked).late == 0
