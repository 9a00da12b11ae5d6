import json
import os
from pathlib import Path

import httpx
import pytest

from latency_service.contract.errors import AgentTooOld, LatencyError, ServiceUnavailable
from tests.unit.device_agents.line import Line
from tests.unit.device_agents.parts import TOKEN, a_result, problem


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def test_an_accepted_result_leaves_the_spool(line: Line) -> None:
    line.delivery.hand_in(TOKEN, a_result())
    assert len(line.paths) == 1
    assert line.waiting == 0


def test_results_wait_while_the_service_is_away_and_are_not_pressed_upon_it(line: Line) -> None:
    line.response = httpx.Response(503)
    line.delivery.hand_in(TOKEN, a_result(1))
    line.delivery.hand_in(TOKEN, a_result(2))
    assert line.waiting == 2
    assert len(line.paths) == 1
    with pytest.raises(ServiceUnavailable):
        line.delivery.deliver_all()


def test_a_result_is_uploaded_again_under_the_same_id(line: Line) -> None:
    line.response = httpx.Response(503)
    line.delivery.hand_in(TOKEN, a_result())
    line.response = httpx.Response(200, json={"status": "duplicate"})
    line.delivery.deliver_all()
    assert line.paths[0] == line.paths[1]
    assert line.waiting == 0
    line.delivery.hand_in(TOKEN, a_result(2))
    assert len(line.paths) == 3


def test_a_result_that_comes_after_its_lease_counts_as_delivered(line: Line, tmp_path: Path) -> None:
    line.response = problem(410, "lease_expired")
    line.delivery.hand_in(TOKEN, a_result())
    assert line.waiting == 0
    assert list((tmp_path / "rejected").iterdir()) == []


@pytest.mark.parametrize(("status", "code"), [(422, "result_mismatch"), (404, "not_found"), (409, "conflict")])
def test_a_result_that_the_service_refuses_is_set_aside(line: Line, tmp_path: Path, status: int, code: str) -> None:
    line.response = problem(status, code)
    line.delivery.hand_in(TOKEN, a_result())
    assert line.waiting == 0
    assert len(list((tmp_path / "rejected").iterdir())) == 1


def test_a_result_that_is_too_large_for_the_service_is_set_aside(line: Line, tmp_path: Path) -> None:
    line.response = httpx.Response(413)
    line.delivery.hand_in(TOKEN, a_result())
    assert line.waiting == 0
    assert len(list((tmp_path / "rejected").iterdir())) == 1


def test_a_service_that_wants_a_newer_agent_leaves_that_one_the_result(line: Line) -> None:
    line.response = problem(409, "agent_too_old")
    with pytest.raises(AgentTooOld):
        line.delivery.hand_in(TOKEN, a_result())
    assert line.waiting == 1


def test_a_result_that_the_service_chokes_on_holds_up_no_other(line: Line) -> None:
    line.chokes_on = "job-1"
    for number in range(3):
        line.delivery.hand_in(TOKEN, a_result(number))
    line.deliver_what_can_be()
    assert line.jobs_waiting == ["job-1"]
    assert line.delivery.uploaded == 2


def test_a_result_that_the_service_chokes_on_is_offered_again_ever_more_rarely_and_never_lost(line: Line) -> None:
    line.chokes_on = "job-0"
    line.delivery.hand_in(TOKEN, a_result(0))
    for _ in range(24 * 60):
        line.now_s += 60.0
        line.deliver_what_can_be()
    assert 20 < len(line.paths) < 50
    assert line.waiting == 1
    line.chokes_on = ""
    line.now_s += 3600.0
    line.deliver_what_can_be()
    assert line.waiting == 0


def test_a_result_that_no_disk_takes_is_uploaded_from_memory(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    line.delivery.hand_in(TOKEN, a_result())
    assert line.delivery.uploaded == 1
    assert line.waiting == 0


def test_a_refusal_that_is_not_about_the_result_keeps_it(line: Line) -> None:
    line.response = httpx.Response(403, text="a proxy says no")
    with pytest.raises(LatencyError):
        line.delivery.hand_in(TOKEN, a_result())
    assert line.waiting == 1


def test_one_pass_delivers_what_lies_behind_a_result_that_the_service_chokes_on(line: Line) -> None:
    line.spool_results(3)
    line.chokes_on = "job-0"
    line.delivery.deliver_all()
    assert line.jobs_waiting == ["job-0"]


def test_a_service_that_chokes_on_everything_is_not_pressed(line: Line) -> None:
    line.spool_results(5)
    line.response = httpx.Response(500)
    with pytest.raises(ServiceUnavailable):
        line.delivery.deliver_all()
    assert (line.batches, line.waiting) == ([5, 1, 1], 5)


class TestBatches:
    def test_what_waits_of_a_lease_goes_in_one_request(self, line: Line) -> None:
        line.spool_results(3)
        line.delivery.deliver_all()
        assert line.batches == [3]
        assert line.paths == ["/v1/leases/a-token/results"]
        assert (line.waiting, line.delivery.uploaded) == (0, 3)

    def test_each_result_is_treated_as_its_outcome_says(self, line: Line, tmp_path: Path) -> None:
        too_late = {"title": "t", "status": 410, "detail": "too late", "code": "lease_expired"}
        line.outcomes = {
            "job-0": {"status": "late"},
            "job-1": {"status": "refused", "problem": too_late | {"status": 422, "code": "result_mismatch"}},
            "job-2": {"status": "duplicate"},
            "job-3": {"status": "refused", "problem": too_late},
        }
        line.spool_results(5)
        line.delivery.deliver_all()
        assert (line.batches, line.waiting, line.delivery.uploaded) == ([5], 0, 4)
        (rejected,) = (tmp_path / "rejected").iterdir()
        assert json.loads(rejected.read_text())["result"]["job_id"] == "job-1"

    @pytest.mark.parametrize(
        "outcome",
        [
            {"status": "refused", "problem": {"title": "t", "status": 403, "detail": "no", "code": "forbidden"}},
            {"status": "refused"},
        ],
    )
    def test_a_refusal_that_is_not_about_the_result_is_asked_about_again(
        self, line: Line, outcome: dict[str, object]
    ) -> None:
        line.outcomes = {"job-1": outcome}
        line.spool_results(3)
        line.delivery.deliver_all()
        assert (line.batches, line.waiting) == ([3, 1], 0)

    def test_a_result_that_the_answer_does_not_mention_is_sent_by_itself(self, line: Line) -> None:
        line.batch_response = httpx.Response(200, json={"outcomes": []})
        line.spool_results(2)
        line.delivery.deliver_all()
        assert (line.batches, line.waiting) == ([2, 1, 1], 0)

    def test_a_lease_that_the_service_never_knew_ends_all_of_its_results(self, line: Line) -> None:
        line.response = problem(410, "lease_expired")
        line.spool_results(3)
        line.delivery.deliver_all()
        assert (line.batches, line.waiting) == ([3], 0)

    @pytest.mark.parametrize("refusal", [httpx.Response(413), problem(422, "invalid_input"), problem(404, "not_found")])
    def test_a_batch_that_is_not_taken_goes_one_by_one(self, line: Line, refusal: httpx.Response) -> None:
        line.batch_response = refusal
        line.spool_results(3)
        line.delivery.deliver_all()
        assert (line.batches, line.waiting, line.delivery.uploaded) == ([3, 1, 1, 1], 0, 3)

    def test_an_agent_that_is_too_old_keeps_the_whole_batch(self, line: Line) -> None:
        line.response = problem(409, "agent_too_old")
        line.spool_results(3)
        with pytest.raises(AgentTooOld):
            line.delivery.deliver_all()
        assert line.waiting == 3

    def test_a_result_that_the_service_has_choked_on_spoils_no_later_batch(self, line: Line) -> None:
        line.chokes_on = "job-1"
        line.spool_results(3)
        line.delivery.deliver_all()
        line.chokes_on = ""
        line.now_s = 3600.0
        line.spool_results(1)
        line.batches.clear()
        line.delivery.deliver_all()
        assert (line.batches, line.waiting) == ([1, 1], 0)
