from collections import Counter

from device_agents.doctor.examination import examine
from tests.unit.device_agents.doctor.conftest import StandOn
from tests.unit.device_agents.hosts import raspberry_pi_4, virtual_machine, x86_server


def test_everything_is_looked_at_once_and_what_is_wrong_can_be_mended(stand_on: StandOn) -> None:
    for tree in (x86_server.TREE, virtual_machine.TREE, raspberry_pi_4.TREE, {}):
        findings = examine(stand_on(tree=tree))
        assert max(Counter(finding.name for finding in findings).values()) == 1
        assert all(finding.seen for finding in findings)
        wrong = [finding for finding in findings if finding.severity in ("warn", "bad")]
        assert all(finding.why and finding.mend for finding in wrong)


def test_a_well_kept_server_is_good_but_for_what_it_was_left_with(stand_on: StandOn) -> None:
    wrong = {finding.name for finding in examine(stand_on()) if finding.severity not in ("good", "unknown")}
    assert wrong == {"governor", "turbo", "hardware threads"}


def test_a_hot_board_shows_what_is_wrong_with_it(stand_on: StandOn) -> None:
    findings = {finding.name: finding.severity for finding in examine(stand_on(tree=raspberry_pi_4.TREE))}
    assert findings["temperature"] == "bad"
    assert findings["throttling"] == "warn"
    assert findings["governor"] == "warn"
