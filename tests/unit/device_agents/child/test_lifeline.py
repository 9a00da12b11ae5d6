import signal
import subprocess
import sys
import time

import psutil
import pytest

_SUPERVISOR = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE)
print(child.pid, flush=True)
sys.stdin.read()
"""
_CHILD = "from device_agents.child.lifeline import die_with_supervisor; die_with_supervisor(0); {then}"


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(
    "then",
    ["import time; time.sleep(60)", "import ctypes; ctypes.PyDLL(None).sleep(60)"],
    ids=["in python", "in native code that keeps the interpreter locked"],
)
def test_a_child_dies_with_a_supervisor_that_is_killed(then: str) -> None:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", _SUPERVISOR, _CHILD.format(then=then)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert supervisor.stdout is not None
    child = int(supervisor.stdout.readline())
    supervisor.send_signal(signal.SIGKILL)
    supervisor.communicate()
    deadline = time.monotonic() + 10
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(child)


def test_a_child_ends_normally_under_a_living_supervisor() -> None:
    child = subprocess.Popen([sys.executable, "-c", _CHILD.format(then="print('done')")], stdin=subprocess.PIPE)
    assert child.stdin is not None
    assert child.wait(timeout=10) == 0
    child.stdin.close()
