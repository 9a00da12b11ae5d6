"""ChildLauncher: starts measuring children, listens to them, and ends them."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from device_agents.child.last_words import LastWords
from device_agents.child.orders import EVENT, ORDER, Event, MeasureOrder, Order
from latency_service.contract.errors import LatencyError
from latency_service.contract.measurement import ErrorClass, Failure

#: -P: a `psutil.py` in the folder where the agent was started is none of the child's modules.
WORKER = (sys.executable, "-P", "-m", "device_agents.child.worker")

#: glibc's default allocator gives memory back and faults it in again between runs: up to two thirds of an op's time.
_ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
}
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_LISTEN_S = 0.2

_Lines = queue.SimpleQueue[bytes | None]


class ChildFailed(LatencyError):
    """The measuring child died, fell silent or spoke nonsense; `failure` is what that means for a job."""

    code = "child_failed"

    def __init__(self, error_class: ErrorClass, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(error_class=error_class, message=message)


@dataclass(frozen=True)
class ChildLauncher:
    """Knows how to start a child.

    Attributes:
        command: What is started.
        deadline_s: A child that is silent for longer is killed.
    """

    deadline_s: float
    command: tuple[str, ...] = WORKER

    def events(self, order: Order, is_unwanted: Callable[[], bool] = lambda: False) -> Generator[Event, None, None]:
        """Yield what a fresh child says about the order, until it is done or `is_unwanted`; it is dead afterwards.

        Raises:
            ChildFailed: The child crashed or passed its deadline.
        """
        with _started(self.command, order) as (child, lines, last_words):
            heard = time.monotonic()
            while not is_unwanted():
                try:
                    line = lines.get(timeout=_LISTEN_S)
                except queue.Empty:
                    if time.monotonic() - heard > self.deadline_s:
                        hint = "a workload whose runs take many seconds needs a longer deadline_s"
                        raise ChildFailed("timed_out", f"no sign of life for {self.deadline_s:g} s; {hint}") from None
                    continue
                if line is None:
                    _check_the_end(_ended(child), last_words)
                    return
                heard = time.monotonic()
                yield _decoded(line)


def child_environment(threads: int, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a child that measures with so many threads."""
    allocator = _ALLOCATOR if sys.maxsize > 2**32 else {}
    return {**inherited, **allocator, **dict.fromkeys(_THREADS, str(threads))}


@contextmanager
def _started(command: tuple[str, ...], order: Order) -> Iterator[tuple["subprocess.Popen[bytes]", "_Lines", LastWords]]:
    threads = order.conditions.threads if isinstance(order, MeasureOrder) else 1
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=child_environment(threads, os.environ),
        process_group=0,  # Ctrl-C is for the supervisor, which lets the child finish
    )
    lines: _Lines = queue.SimpleQueue()
    listener = threading.Thread(target=_listen, args=(child, lines), daemon=True, name="listener")
    listener.start()
    assert child.stderr is not None
    last_words = LastWords(child.stderr)
    _offer_to_the_kernel(child.pid)
    try:
        _send(child, order)
        yield child, lines, last_words
    finally:
        _kill_family(child)
        child.wait()
        last_words.wait()
        listener.join()  # it has yet to read to the end of the pipe, which must not be closed under its hands
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # closing flushes what a dead child never read
                    pipe.close()


def _offer_to_the_kernel(pid: int) -> None:
    """Make the child the first to go where memory runs out: its supervisor holds the lease, and starts another."""
    if sys.platform == "linux":
        with suppress(OSError):  # it may be dead already, and /proc may be hidden: the kernel then chooses as it does
            Path(f"/proc/{pid}/oom_score_adj").write_text("1000")


def _kill_family(child: "subprocess.Popen[bytes]") -> None:
    """Kill the child and what it has started: an `adb` or a compiler that it left would disturb the next one."""
    if child.returncode is None:  # else its pid, which is also the group's, may be somebody else's by now
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


def _ended(child: "subprocess.Popen[bytes]") -> int:
    """Return how the child ended by itself, its family killed while its pid is still its own."""
    if sys.platform == "linux":
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        _kill_family(child)
    return child.wait()


def _send(child: "subprocess.Popen[bytes]", order: Order) -> None:
    assert child.stdin is not None
    try:
        child.stdin.write(ORDER.dump_json(order) + b"\n")
        child.stdin.flush()
    except BrokenPipeError:
        raise ChildFailed("crashed", f"the child ended before it was told anything (code {child.wait()})") from None


def _listen(child: "subprocess.Popen[bytes]", lines: "_Lines") -> None:
    """Queue each whole line that the child says, and None at the end."""
    assert child.stdout is not None
    for line in child.stdout:
        if line.endswith(b"\n"):  # a child killed in the middle of a line has not said it
            lines.put(line)
    lines.put(None)


def _decoded(line: bytes) -> Event:
    try:
        return EVENT.validate_json(line)
    except ValidationError as error:
        raise ChildFailed("crashed", f"the child wrote {line[:200]!r}, which is no event: {error}") from None


def _check_the_end(returncode: int, last_words: LastWords) -> None:
    if returncode == 0:
        return
    cause = f"ended with code {returncode}"
    if returncode < 0:
        cause = f"was killed by {signal.Signals(-returncode).name}"
    if returncode == -signal.SIGKILL:
        cause += " (not by the agent: often the kernel, out of memory)"
    said = last_words.text()
    raise ChildFailed("crashed", f"the measuring child {cause}" + (f": {said}" if said else ""))
