"""`python -m tests.fake_worker`: the real measuring child over a runtime that is quick and fails on command.

What a workload does is written in its input's channels; an op that has a feeder is quick alone, and what feeder and op
do together is written in the op's output channels.
"""

import ctypes
import os
import signal
import sys
import time
from typing import ClassVar

from device_agents.child.process import ChildLauncher
from device_agents.child.worker import main
from device_agents.runtimes.base import Array, UnsupportedWorkload
from latency_service.contract.conditions import Conditions
from latency_service.contract.device import Fact, RuntimeStatus
from latency_service.contract.feeders import feeder_of
from latency_service.contract.messages import JobId, LeasedJob
from latency_service.contract.network import NetworkSpec, Workload
from latency_service.contract.ops import ConvBnAct, Identity, MBConv

COMMAND = (sys.executable, "-m", "tests.fake_worker")

QUICK, UNSUPPORTED, NO_MEMORY, RAISES, KILLED, HANGS, SLOW, NOISY = 1, 2, 3, 4, 5, 6, 7, 8


def job(behaviour: int, number: int = 0) -> LeasedJob:
    """Return a job that behaves so; its number tells it from others."""
    workload = Identity(input_height=1 + number, input_width=1, in_channels=behaviour)
    return LeasedJob(job_id=JobId(f"job-{behaviour}-{number}"), attempt=1, workload=workload)


def fed_job(behaviour: int, number: int = 0) -> LeasedJob:
    """Return a job of an op that behaves so behind its feeder; those of one number have the same feeder."""
    workload = ConvBnAct(input_height=1 + number, input_width=1, in_channels=8, out_channels=behaviour, kernel_size=1)
    return LeasedJob(job_id=JobId(f"fed-{behaviour}-{number}"), attempt=1, workload=workload)


def launcher(deadline_s: float = 30.0) -> ChildLauncher:
    """Return the launcher of such children."""
    return ChildLauncher(deadline_s, COMMAND)


class FakeWorkload:
    """Spins, or comes to grief."""

    def __init__(self, behaviour: int) -> None:
        self._behaviour = behaviour

    @property
    def facts(self) -> dict[str, Fact]:
        return {"runtime_version": "1.0"}

    def next_input(self) -> None:
        pass

    def run(self) -> None:
        if self._behaviour == RAISES:
            raise ValueError("the graph is broken")
        if self._behaviour == KILLED:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._behaviour == HANGS:
            ctypes.PyDLL(None).sleep(600)  # native code that keeps the interpreter locked
        if self._behaviour == SLOW:
            time.sleep(0.02)
        if self._behaviour == NOISY:
            ctypes.CDLL(None).puts(b"a native library says something on stdout")

    def synchronize(self) -> None:
        pass

    def infer(self, images: Array) -> Array:
        return images

    def close(self) -> None:
        pass


class FakeRuntime:
    """A runtime for tests."""

    name: ClassVar[str] = "fake"

    def probe(self) -> RuntimeStatus:
        return RuntimeStatus(available=True, version="1.0")

    def load(self, workload: Workload, conditions: Conditions, seed: int = 0) -> FakeWorkload:
        behaviour = _behaviour(workload)
        if behaviour == UNSUPPORTED:
            raise UnsupportedWorkload("the fake runtime has no such op")
        if behaviour == NO_MEMORY:
            raise MemoryError("too big")
        return FakeWorkload(behaviour)


def _behaviour(workload: Workload) -> int:
    if isinstance(workload, NetworkSpec):
        return workload.output_shape.channels
    return QUICK if feeder_of(workload) or isinstance(workload, MBConv) else workload.in_channels


if __name__ == "__main__":
    main(lambda name, settings: FakeRuntime())
