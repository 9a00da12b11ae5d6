"""Ranks: several processes of one command on loopback, told of each other as `torchrun` tells them."""

import os
import signal
import subprocess
from collections.abc import Sequence

from demo.processes import free_port

Answer = tuple[int, str, str]

#: Gloo aborts a process, once in some hundred runs, where another one leaves at the wrong moment
#: (https://github.com/pytorch/pytorch/issues/188266): nothing that these tests could blame on the code.
_GLOO_ABORTED = -signal.SIGABRT
_TRIES = 3


def run_ranks(command: Sequence[str], world_size: int = 2, deadline_s: float = 150.0) -> list[Answer]:
    """Run a command once a rank, and return exit code, stdout and stderr of each; none outlives the call.

    They are run again where Gloo aborted one of them: the command must bear that.
    """
    answers = _run_once(command, world_size, deadline_s)
    for _ in range(_TRIES - 1):
        if all(code != _GLOO_ABORTED for code, _, _ in answers):
            break
        answers = _run_once(command, world_size, deadline_s)
    return answers


def _run_once(command: Sequence[str], world_size: int, deadline_s: float) -> list[Answer]:
    ranks = start_ranks(command, world_size)
    try:
        answers = [rank.communicate(timeout=deadline_s) for rank in ranks]
        return [(rank.returncode, *answer) for rank, answer in zip(ranks, answers, strict=True)]
    finally:
        for rank in ranks:
            rank.kill()


def start_ranks(command: Sequence[str], world_size: int = 2) -> list["subprocess.Popen[str]"]:
    """Start a command once a rank; whoever asks for it must end them."""
    environment = {
        **os.environ,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
        "WORLD_SIZE": str(world_size),
        "GLOO_SOCKET_IFNAME": "lo",
        "OMP_NUM_THREADS": "1",
    }
    return [
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**environment, "RANK": str(rank), "LOCAL_RANK": str(rank)},
        )
        for rank in range(world_size)
    ]
