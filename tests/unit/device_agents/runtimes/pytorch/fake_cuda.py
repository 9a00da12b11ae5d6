"""A GPU that computes on the CPU and keeps the books of a real one, for as long as it is entered.

Like the real one it takes work in order, has a clock of its own that only work moves, refuses to tell the time of an
event that nobody waited for, forbids waiting while it captures, runs nothing of what it captures, replays the very
kernels on the very addresses that it captured, and answers nothing any more once its context is lost.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from latency_service.contract.device import Fact

KERNEL_MS = 0.01
ILLEGAL_ACCESS = "CUDA error: an illegal memory access was encountered"
Call = tuple[Any, tuple[Any, ...], dict[str, Any], Any]


class FakeCuda(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """See the module.

    Attributes:
        log: What the stream was given and the host waited for, in order; kernels by their name in aten.
        faults: What a kernel of that name raises.
        waiting_kernels: Those that wait for the GPU before they return.
        is_lost: The context is gone.
        deadly_launch: The number of the launch that loses it.
    """

    device = "cpu"
    uuid = "GPU-0000"

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.log: list[str] = []
        self.faults: dict[str, Exception] = {}
        self.waiting_kernels: set[str] = set()
        self.is_lost = False
        self.deadly_launch: int | None = None
        self.now_ms = 0.0
        self._launches = 0
        self._captured: list[Call] | None = None
        self._events: list[FakeEvent] = []

    @property
    def facts(self) -> dict[str, Fact]:
        return {"gpu": "fake"}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        self._launch(name)
        if name in self.waiting_kernels:
            self.refuse_to_wait_when_it_is_forbidden()
        output = func(*args, **(kwargs or {}))
        if self._captured is not None:
            self._captured.append((func, args, kwargs or {}, output))
        return output

    def event(self) -> "FakeEvent":
        event = FakeEvent(self)
        self._events.append(event)
        return event

    def capture(self, work: Callable[[], object]) -> "FakeGraph":
        for _ in range(3):
            work()
        calls = self._captured = []
        try:
            work()
        finally:
            self._captured = None
        with torch.inference_mode(), torch._C._DisableTorchDispatch():
            for *_, output in calls:
                output.fill_(torch.nan)
        self.log.append("captured")
        return FakeGraph(self, calls)

    def synchronize(self) -> None:
        self.refuse_to_wait_when_it_is_forbidden()
        self.log.append("wait")
        for event in self._events:
            event.is_passed = True

    def occupy(self) -> None:
        self._launch("occupy")

    def flush_l2(self) -> None:
        self._launch("flush")

    def release_memory(self) -> None:
        self.log.append("release")

    def refuse_to_wait_when_it_is_forbidden(self) -> None:
        if self._captured is not None:
            raise RuntimeError("CUDA error: operation not permitted when stream is capturing")
        if self.is_lost:
            raise RuntimeError(ILLEGAL_ACCESS)

    def _launch(self, name: str) -> None:
        self._launches += 1
        self.is_lost |= self._launches == self.deadly_launch
        if self.is_lost:
            raise RuntimeError(ILLEGAL_ACCESS)
        if name in self.faults:
            raise self.faults[name]
        if self._captured is None:
            self.log.append(name)
            self.now_ms += KERNEL_MS


class FakeEvent:
    def __init__(self, cuda: FakeCuda) -> None:
        self._cuda = cuda
        self.time_ms: float | None = None
        self.is_passed = False

    def record(self) -> None:
        self._cuda.log.append("event")
        self.time_ms, self.is_passed = self._cuda.now_ms, False

    def synchronize(self) -> None:
        self._cuda.refuse_to_wait_when_it_is_forbidden()
        self._cuda.log.append("wait for event")
        for event in self._cuda._events:
            event.is_passed = event.time_ms is not None and self.time_ms is not None and event.time_ms <= self.time_ms

    def elapsed_time(self, end_event: "FakeEvent") -> float:
        if self.time_ms is None or end_event.time_ms is None:
            raise ValueError("Both events must be recorded before calculating elapsed time.")
        if not (self.is_passed and end_event.is_passed):
            raise RuntimeError("CUDA error: device not ready")
        return end_event.time_ms - self.time_ms


class FakeGraph:
    def __init__(self, cuda: FakeCuda, calls: list[Call]) -> None:
        self._cuda = cuda
        self._calls = calls

    def replay(self) -> None:
        self._cuda.log.append("replay")
        for func, args, kwargs, captured in self._calls:
            self._cuda._launch(func.overloadpacket.__name__)
            with torch.inference_mode(), torch._C._DisableTorchDispatch():
                output: Tensor = func(*args, **kwargs)
                captured.copy_(output)
