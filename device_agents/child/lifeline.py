"""The lifeline: a measuring child never outlives its supervisor, even one that was killed."""

import ctypes
import os
import select
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1


def die_with_supervisor(stdin: int) -> None:
    """End this process when the other end of the pipe `stdin` closes, and on Linux also by the kernel's own hand.

    The pipe works everywhere; the kernel's signal also reaches a child that hangs in native code and never runs Python
    again. The supervisor must have started the child from a thread that lives as long as the supervisor does.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if _is_closed(stdin):  # the supervisor died before the kernel was asked
        os._exit(1)
    threading.Thread(target=_exit_at_the_end_of, args=(stdin,), daemon=True, name="lifeline").start()


def _is_closed(pipe: int) -> bool:
    poll = select.poll()
    poll.register(pipe, 0)  # a hang-up is always told
    return bool(poll.poll(0))


def _exit_at_the_end_of(stdin: int) -> None:
    while os.read(stdin, 1):
        pass
    os._exit(1)
