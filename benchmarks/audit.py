"""Audit: whole networks that a table has not seen, predicted by it and measured in fresh sessions of this machine.

The ops are measured once. Then come the audits, the one without anchors first: a correction is fitted to all anchors
that a table has ever had, so that few of them must be audited before more are.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from demo.this_machine import DEVICE, ThisMachine, this_machine
from search_client.audit.account import Audit, share_of_naive_error
from search_client.audit.figures import Figures
from search_client.audit.predictors import LABELS
from search_client.audit.text import figure_cells, floor_cells, sentences
from search_client.published import published_names
from search_client.spaces.proxyless_imagenet import MOBILE_NAME, NAME

#: The full correction's error is to be at most this share of that of the sum of isolated values.
LARGEST_SHARE = 0.5
#: A whole session at once: what is measured minutes apart is measured at another speed of the machine.
TOGETHER = ("--max-jobs", "192", "--together", "192")


@dataclass(frozen=True)
class Goal:
    """What the full correction should keep on held-out networks."""

    mape_percent: float
    kendall: float


GOALS: Mapping[str, Goal] = {"onnxruntime": Goal(1.5, 0.90), "tflite": Goal(1.2, 0.97)}


@dataclass(frozen=True)
class Scale:
    """What is audited.

    Attributes:
        space_params: As `search-client` takes them, `width_mult=0.5`.
        networks: Random ones in each audit.
        sessions: Fresh ones of each audit.
        anchors: Of each audit, in this order; 0 for none.
    """

    space: str
    space_params: tuple[str, ...]
    runtimes: tuple[str, ...]
    networks: int
    sessions: int
    anchors: tuple[int, ...]


def run(scale: Scale, folder: Path, json_file: Path | None, console: Console) -> None:
    """Profile, audit, and print a table a runtime; what an earlier call left in the folder is gone on with."""
    audits: dict[str, list[Audit]] = {}
    with this_machine(folder, scale.runtimes, TOGETHER) as machine:
        for runtime in scale.runtimes:
            _profile(machine, scale, runtime)
            audits[runtime] = [_audit(machine, scale, runtime, anchors, folder) for anchors in sorted(scale.anchors)]
    for runtime, several in audits.items():
        console.print(_table(runtime, several))
        for audit in several:
            console.print(f"{_anchors(audit)}: {goal_text(runtime, audit)}", *sentences(audit)[1:], sep="\n  ")
    if json_file is not None:
        json_file.write_text(json.dumps({name: list(map(_facts, each)) for name, each in audits.items()}, indent=2))


def goal_text(runtime: str, audit: Audit) -> str:
    """Return whether the full correction keeps what it should, or why that cannot be said."""
    full, goal = audit.figures.get("held_out", {}).get("full"), GOALS.get(runtime)
    if audit.trust == "too_noisy":
        return "too noisy to say whether the goal is met"
    if full is None or goal is None:
        return "no goal: nothing is corrected, or none is set for this runtime"
    found = {
        f"MAPE <= {goal.mape_percent} %": full.mape_percent <= goal.mape_percent,
        f"Kendall >= {goal.kendall}": full.kendall is not None and full.kendall >= goal.kendall,
        f"at most {LARGEST_SHARE} of the isolated sum's error": (share_of_naive_error(audit) or 0.0) <= LARGEST_SHARE,
    }
    return ", ".join(f"{text}: {'met' if is_met else 'MISSED'}" for text, is_met in found.items())


def _profile(machine: ThisMachine, scale: Scale, runtime: str) -> None:
    on_device = ("--device", DEVICE, "--runtime", runtime)
    machine.client("profile", "--space", scale.space, *_params(scale), *on_device)
    if scale.space in (NAME, MOBILE_NAME):
        resolution = dict(each.split("=") for each in scale.space_params).get("resolution", "224")
        for name in published_names():
            machine.client("profile", "--network", name, "--resolution", resolution, *on_device)


def _audit(machine: ThisMachine, scale: Scale, runtime: str, anchors: int, folder: Path) -> Audit:
    measured = ("--anchors", str(anchors)) if anchors else ("--no-anchors",)
    extent = ("--networks", str(scale.networks), "--sessions", str(scale.sessions), *measured)
    output = ("--output", str(folder / f"{runtime}-{anchors}-anchors"))
    on_device = ("--space", scale.space, *_params(scale), "--device", DEVICE, "--runtime", runtime)
    return Audit.model_validate(machine.client("audit", *on_device, *extent, *output))


def _params(scale: Scale) -> list[str]:
    return [word for each in scale.space_params for word in ("--space-param", each)]


def _table(runtime: str, audits: Sequence[Audit]) -> Table:
    table = Table(title=f"{runtime}: held-out networks, mean over sessions", title_justify="left")
    for column in ("anchors", "predicted by", "MAPE", "RMSE", "Spearman", "Kendall"):
        table.add_column(column, justify="left" if column in ("anchors", "predicted by") else "right")
    for audit in audits:
        for predictor, figures in audit.figures.get("held_out", {}).items():
            table.add_row(_anchors(audit), LABELS[predictor], *figure_cells(figures))
        table.add_row(_anchors(audit), "noise floor / ceiling", *floor_cells(audit), end_section=True)
    return table


def _anchors(audit: Audit) -> str:
    return f"{audit.anchors} anchors" if audit.anchors else "no anchors"


def _facts(audit: Audit) -> dict[str, Any]:
    return {
        "anchors": audit.anchors,
        "trust": audit.trust,
        "figures": {group: _dumped(by_predictor) for group, by_predictor in audit.figures.items()},
        "floor": audit.floor.model_dump() if audit.floor else None,
        "share_of_naive_error": share_of_naive_error(audit),
        "sessions": [
            {"trust": each.trust, "reasons": each.reasons, "held_out": _dumped(each.figures.get("held_out", {}))}
            for each in audit.sessions
        ],
    }


def _dumped(by_predictor: Mapping[Any, Figures]) -> dict[str, Any]:
    return {name: figures.model_dump() for name, figures in by_predictor.items()}
