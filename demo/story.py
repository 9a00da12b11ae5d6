"""The demo's story: a table of this machine, a tight and a loose target, a network for each, both measured whole."""

import enum
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from demo.processes import CommandFailed, background, console_script, free_port, run, run_json

DEVICE = "this-machine"
RUNTIME = "onnxruntime"
SPACE = "proxyless-cifar"
READY_WITHIN_S = 60.0

#: Where the two targets lie between the space's fastest network (0) and its slowest one (1).
TARGETS = {"tight": 0.3, "loose": 0.7}


class Budget(enum.StrEnum):
    """How much is trained."""

    FULL = "full"
    TINY = "tiny"


_TINY = (
    ("--image-limit", "320"),
    ("--warmup-epochs", "0"),
    ("--search-epochs", "1"),
    ("--fine-tune-epochs", "0"),
    ("--set", "weight_steps_per_arch_step=1"),
    ("--set", "settle_steps=20"),
)
_SEARCH_OPTIONS = {Budget.FULL: (), Budget.TINY: tuple(text for option in _TINY for text in option)}


@dataclass(frozen=True)
class Settings:
    """What the demo is asked to do."""

    run: Path
    budget: Budget
    data_set: str


@dataclass(frozen=True)
class Found:
    """What came of it: the profile's answer, and for each target those of the search and of the measurement."""

    profile: dict[str, Any]
    searches: dict[str, dict[str, Any]]
    verifications: dict[str, dict[str, Any]]


def tell(settings: Settings, console: Console) -> Found:
    """Do all of it. What an earlier demo has left in the folder - table, unfinished searches - is used.

    Raises:
        CommandFailed: A step ended with an error, which it has printed.
    """
    server = f"http://127.0.0.1:{free_port()}"
    with _service(settings.run, server), _agent(settings.run, server):
        console.rule(f"1. Measure every op of {SPACE} on this machine ({RUNTIME}, one thread)")
        profile = _client("profile", "--space", SPACE, "--device", DEVICE, "--runtime", RUNTIME, server=server)
        console.print(
            f"Networks of this space take {profile['fastest_ms']:.3f} to {profile['slowest_ms']:.3f} ms here."
        )
        targets = {name: _target_ms(profile, share) for name, share in TARGETS.items()}
        searches = {}
        for number, (name, target_ms) in enumerate(targets.items(), start=2):
            console.rule(f"{number}. Search a network of {target_ms} ms ({name})")
            searches[name] = _search(settings, server, name, target_ms)
        console.rule(f"{len(targets) + 2}. Measure both networks whole")
        verifications = {
            name: _client("verify", "--run", str(_folder(settings, name)), server=server) for name in targets
        }
    return Found(profile, searches, verifications)


def report(settings: Settings) -> Path:
    """Write the report on the finished searches, and return its path."""
    path = settings.run / "report.html"
    folders = [text for name in TARGETS for text in ("--run", str(_folder(settings, name)))]
    run([console_script("search-client"), "report", *folders, "--out", str(path)])
    return path


def _target_ms(profile: dict[str, Any], share: float) -> float:
    fastest, slowest = profile["fastest_ms"], profile["slowest_ms"]
    return float(f"{fastest + share * (slowest - fastest):.3g}")


def _search(settings: Settings, server: str, name: str, target_ms: float) -> dict[str, Any]:
    folder = _folder(settings, name)
    if (folder / "result.json").exists():
        shutil.rmtree(folder)  # of an earlier demo that came to its end: search anew
    if (folder / "config.json").exists():
        return _client("search", "--run", str(folder), "--resume", server=server)
    options = ["--space", SPACE, "--device", DEVICE, "--runtime", RUNTIME, "--data-set", settings.data_set]
    options += ["--target-ms", str(target_ms), *_SEARCH_OPTIONS[settings.budget]]
    return _client("search", "--run", str(folder), *options, server=server)


def _folder(settings: Settings, name: str) -> Path:
    return settings.run / "searches" / name


def _client(command: str, *options: str, server: str) -> dict[str, Any]:
    return run_json([console_script("search-client"), command, *options, "--server", server, "--json"])


@contextmanager
def _service(folder: Path, server: str) -> Iterator[None]:
    port = server.rpartition(":")[2]
    database = f"sqlite:///{folder.absolute() / 'table.sqlite'}"
    command = [console_script("latency-service"), "serve", "--database", database, "--port", port]
    with background(command, folder / "logs" / "service.log") as process:
        _await(lambda: httpx.get(f"{server}/health/ready").is_success, process, command)
        yield


@contextmanager
def _agent(folder: Path, server: str) -> Iterator[None]:
    command = [console_script("device-agent"), "run", "--server", server, "--name", DEVICE, "--runtime", RUNTIME]
    command += ["--threads", "1", "--state-dir", str(folder / "agent")]
    with background(command, folder / "logs" / "agent.log") as process:
        _await(lambda: httpx.get(f"{server}/v1/devices/{DEVICE}").is_success, process, command)
        yield


def _await(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], command: list[str]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise CommandFailed(command, process.returncode)
        with suppress(httpx.TransportError):  # not listening yet
            if is_ready():
                return
        time.sleep(0.1)
    raise CommandFailed(command, None)
