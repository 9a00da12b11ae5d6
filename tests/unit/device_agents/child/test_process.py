import os
import queue
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from device_agents.child import process as child_module
from device_agents.child.orders import Answered, Event, MeasureOrder, Probed, ProbeOrder, Working
from device_agents.child.process import ChildFailed, ChildLauncher, child_environment
from latency_service.contract.conditions import Conditions
from latency_service.contract.messages import LeasedJob
from tests.fake_worker import HANGS, KILLED, NOISY, QUICK, SLOW, job, launcher


def order(*jobs: LeasedJob) -> MeasureOrder:
    return MeasureOrder(conditions=Conditions(runtime="fake"), jobs=jobs)


def python(code: str) -> ChildLauncher:
    return ChildLauncher(30.0, (sys.executable, "-c", code))


def test_a_child_answers_its_order() -> None:
    answered = [event for event in launcher().events(order(job(QUICK))) if isinstance(event, Answered)]
    assert [event.result.job_id for event in answered] == [job(QUICK).job_id]


def test_what_native_code_prints_does_not_garble_the_answers() -> None:
    answered = [event for event in launcher().events(order(job(NOISY))) if isinstance(event, Answered)]
    assert answered[0].result.measurement is not None


def test_a_killed_child_is_a_crash_that_names_the_signal() -> None:
    with pytest.raises(ChildFailed, match="SIGKILL") as caught:
        list(launcher().events(order(job(KILLED))))
    assert caught.value.failure.error_class == "crashed"


def test_a_silent_child_is_timed_out() -> None:
    with pytest.raises(ChildFailed, match="no sign of life for 1 s") as caught:
        list(launcher(deadline_s=1.0).events(order(job(HANGS))))
    assert caught.value.failure.error_class == "timed_out"


def test_a_child_that_fails_is_quoted() -> None:
    with pytest.raises(ChildFailed, match=r"code 7: a plain reason"):
        list(
            python("import sys; input(); print('a plain reason', file=sys.stderr); sys.exit(7)").events(
                order(job(QUICK))
            )
        )


def test_a_child_that_talks_nonsense_has_failed() -> None:
    with pytest.raises(ChildFailed, match="no event"):
        list(python("input(); print('hello')").events(order(job(QUICK))))


def test_a_child_that_dies_before_it_has_read_its_order_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    class DeadOnArrival(subprocess.Popen[bytes]):
        def __init__(self, command: tuple[str, ...], **options: Any) -> None:
            super().__init__(command, **options)
            self.wait()

    monkeypatch.setattr(subprocess, "Popen", DeadOnArrival)
    with pytest.raises(ChildFailed, match="before it was told anything"):
        list(python("pass").events(order(job(QUICK))))


def test_a_child_that_ends_in_the_middle_of_a_line_has_not_said_it() -> None:
    code = "import os, signal; input(); print('{\"kind\": ', end='', flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    with pytest.raises(ChildFailed, match="SIGKILL"):
        list(python(code).events(order(job(QUICK))))


def test_a_child_that_is_no_longer_wanted_is_killed() -> None:
    unwanted: list[bool] = []
    say_pid = """print('{"kind": "working", "job_id": "%d"}' % os.getpid(), flush=True)"""
    child = python(f"import os, time; input(); {say_pid}; time.sleep(60)")
    for event in child.events(order(job(SLOW)), lambda: bool(unwanted)):
        assert isinstance(event, Working)
        pid = int(event.job_id)
        unwanted.append(True)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_child_can_probe() -> None:
    (event,) = launcher().events(ProbeOrder(runtime="fake"))
    assert isinstance(event, Probed)


def test_the_child_gets_its_threads_and_an_allocator_that_keeps_memory() -> None:
    environment = child_environment(3, {"PATH": "/bin", "OMP_NUM_THREADS": "64"})
    assert environment["OMP_NUM_THREADS"] == "3"
    assert environment["PATH"] == "/bin"
    assert environment["MALLOC_TRIM_THRESHOLD_"] == "8589934592"


def test_a_slow_listener_hears_a_stopped_child_out(monkeypatch: pytest.MonkeyPatch) -> None:
    heard_out: list[bool] = []
    listen = child_module._listen

    def listen_late(child: "subprocess.Popen[bytes]", lines: "queue.SimpleQueue[bytes | None]") -> None:
        assert child.stdout is not None
        deadline = time.monotonic() + 0.2
        while not child.stdout.closed and time.monotonic() < deadline:
            pass
        heard_out.append(not child.stdout.closed)
        listen(child, lines)

    monkeypatch.setattr(child_module, "_listen", listen_late)
    assert list(python("input(); print('hello')").events(order(job(SLOW)), lambda: True)) == []
    assert heard_out == [True]


def test_the_folder_where_the_agent_was_started_lends_the_child_no_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "psutil.py").write_text("raise SystemExit('not the real one')")
    monkeypatch.chdir(tmp_path)
    (event,) = ChildLauncher(30.0).events(ProbeOrder(runtime="onnxruntime"))
    assert isinstance(event, Probed)
    assert event.status.available


START_A_HELPER = """
import subprocess, sys
input()
helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdout=subprocess.DEVNULL)
print('{"kind": "working", "job_id": "%d"}' % helper.pid, flush=True)
"""


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE  # of a container whose init reaps nobody
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize(
    ("how_it_ends", "is_killed"),
    [("pass", False), ("import os; os.abort()", False), ("import time; time.sleep(60)", True)],
)
def test_what_a_child_has_started_ends_with_it(how_it_ends: str, is_killed: bool) -> None:
    heard: list[Event] = []

    def is_unwanted() -> bool:
        return is_killed and bool(heard)

    with suppress(ChildFailed):
        for event in python(START_A_HELPER + how_it_ends).events(order(job(QUICK)), is_unwanted):
            heard.append(event)
    (working,) = heard
    assert isinstance(working, Working)
    deadline = time.monotonic() + 10
    while not is_gone(int(working.job_id)):
        assert time.monotonic() < deadline, "the helper outlives the child"


def test_the_kernel_takes_the_child_first_where_memory_runs_out() -> None:
    say_score = """
import time
deadline = time.monotonic() + 10
while time.monotonic() < deadline and (score := open("/proc/self/oom_score_adj").read().strip()) != "1000":
    pass
input()
print('{"kind": "working", "job_id": "%s"}' % score)
"""
    (event,) = python(say_score).events(order(job(QUICK)))
    assert isinstance(event, Working)
    assert event.job_id == "1000"
