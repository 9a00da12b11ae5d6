"""The demo's story: a table of this machine, a tight and a loose target, a network for each, both measured whole."""

import enum
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from demo.processes import console_script, run
from demo.this_machine import DEVICE, ThisMachine, this_machine
from search_client.latency.wording import stated_error

RUNTIME = "onnxruntime"
SPACE = "proxyless-cifar"

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
#: The path is walked to its end on every machine; where sums of ops tell little of networks, the search says so.
_ANYWAY = "--accept-not-additive"
#: What `search-client search` is told of a budget.
SEARCH_OPTIONS = {Budget.FULL: (_ANYWAY,), Budget.TINY: (_ANYWAY, *(text for option in _TINY for text in option))}


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
    with this_machine(settings.run, (RUNTIME,)) as machine:
        console.rule(f"1. Measure every op of {SPACE}, and some networks, on this machine ({RUNTIME}, one thread)")
        profile = machine.client("profile", "--space", SPACE, "--device", DEVICE, "--runtime", RUNTIME)
        error = stated_error(profile["network_error_percent"])
        console.print(
            f"Networks of this space take {profile['fastest_ms']:.3f} to {profile['slowest_ms']:.3f} ms here {error}."
        )
        targets = {name: _target_ms(profile, share) for name, share in TARGETS.items()}
        searches = {}
        for number, (name, target_ms) in enumerate(targets.items(), start=2):
            console.rule(f"{number}. Search a network of {target_ms} ms ({name})")
            searches[name] = _search(settings, machine, name, target_ms)
        console.rule(f"{len(targets) + 2}. Measure both networks whole")
        verifications = {name: machine.client("verify", "--run", str(_folder(settings, name))) for name in targets}
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


def _search(settings: Settings, machine: ThisMachine, name: str, target_ms: float) -> dict[str, Any]:
    folder = _folder(settings, name)
    if (folder / "result.json").exists():
        shutil.rmtree(folder)  # of an earlier demo that came to its end: search anew
    if (folder / "config.json").exists():
        return machine.client("search", "--run", str(folder), "--resume")
    options = ["--space", SPACE, "--device", DEVICE, "--runtime", RUNTIME, "--data-set", settings.data_set]
    options += ["--target-ms", str(target_ms), *SEARCH_OPTIONS[settings.budget]]
    return machine.client("search", "--run", str(folder), *options)


def _folder(settings: Settings, name: str) -> Path:
    return settings.run / "searches" / name
