import shlex
import sys
from pathlib import Path

import pytest

from device_agents.child.measuring import measure_jobs, probe_runtime
from device_agents.child.orders import MeasureOrder
from device_agents.child.process import ChildLauncher
from device_agents.runtimes.base import DeviceAway
from latency_service.contract.conditions import Conditions
from latency_service.contract.messages import JobId, JobResult, LeasedJob
from tests.fake_worker import HANGS, KILLED, QUICK, fed_job, job, launcher


def order(*jobs: LeasedJob) -> MeasureOrder:
    return MeasureOrder(conditions=Conditions(runtime="fake"), jobs=jobs)


def outcomes(results: list[JobResult]) -> dict[str, str]:
    return {r.job_id: r.failure.error_class if r.failure else "measured" for r in results}


def test_the_job_that_kills_the_child_is_found_and_its_neighbours_are_measured() -> None:
    results = list(measure_jobs(launcher(), order(job(QUICK, 0), job(KILLED), job(QUICK, 1))))
    assert len(results) == 3
    assert outcomes(results) == {"job-1-0": "measured", "job-5-0": "crashed", "job-1-1": "measured"}


def test_the_job_that_hangs_is_timed_out_and_its_neighbours_are_measured() -> None:
    results = list(measure_jobs(launcher(deadline_s=1.5), order(job(QUICK), job(HANGS))))
    assert outcomes(results) == {"job-1-0": "measured", "job-6-0": "timed_out"}


@pytest.mark.parametrize("behaviour", [KILLED, HANGS])
def test_an_op_whose_chain_kills_the_child_or_hangs_has_its_isolated_timing(behaviour: int) -> None:
    (result,) = measure_jobs(launcher(deadline_s=1.5), order(fed_job(behaviour)))
    assert result.measurement is not None
    assert result.measurement.in_context is None


def test_cancelled_jobs_are_not_measured_again() -> None:
    unwanted = {job(QUICK, 1).job_id}
    results = list(measure_jobs(launcher(), order(job(QUICK, 0), job(QUICK, 1)), unwanted.__contains__))
    assert outcomes(results) == {"job-1-0": "measured"}


def test_no_child_is_started_where_nothing_is_wanted() -> None:
    def unwanted(job_id: JobId) -> bool:
        return True

    assert list(measure_jobs(ChildLauncher(1.0, ("/no/such/program",)), order(job(QUICK)), unwanted)) == []


def test_a_child_that_ends_without_an_answer_has_crashed() -> None:
    silent = ChildLauncher(10.0, ("/bin/sh", "-c", "read line"))
    assert outcomes(list(measure_jobs(silent, order(job(QUICK))))) == {"job-1-0": "crashed"}


def test_a_runtime_that_crashes_its_child_does_not_work() -> None:
    status = probe_runtime(ChildLauncher(10.0, ("/bin/sh", "-c", "read line; kill -SEGV $$")), "fake")
    assert not status.available
    assert status.reason is not None
    assert "SIGSEGV" in status.reason


def test_a_runtime_whose_child_is_killed_once_is_given_another_chance(tmp_path: Path) -> None:
    worker = shlex.join(launcher().command)
    command = f"test -e {tmp_path}/seen && exec {worker}; touch {tmp_path}/seen; kill -KILL $$"
    assert probe_runtime(ChildLauncher(10.0, ("/bin/sh", "-c", command)), "fake").available


def test_a_runtime_that_works_says_so() -> None:
    assert probe_runtime(launcher(), "fake").available


_AWAY = """print('{"kind": "away", "reason": "plug it in"}', flush=True)"""
_ANSWER = """print('{"kind": "answered", "result": {"job_id": "job-1-0", "failure":'
' {"error_class": "unsupported", "message": "no"}}}', flush=True)"""


def python(code: str) -> ChildLauncher:
    return ChildLauncher(30.0, (sys.executable, "-c", f"input(); {code}"))


def test_a_device_that_goes_away_fails_no_job_and_keeps_what_was_answered() -> None:
    results = measure_jobs(python(f"{_ANSWER}; {_AWAY}"), order(job(QUICK, 0), job(QUICK, 1)))
    assert next(results).job_id == job(QUICK, 0).job_id
    with pytest.raises(DeviceAway, match="plug it in"):
        next(results)


def test_a_device_that_is_away_cannot_be_probed() -> None:
    with pytest.raises(DeviceAway, match="plug it in"):
        probe_runtime(python(_AWAY), "fake")
