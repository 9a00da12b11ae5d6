"""Search against random: networks of the same latency, found in three ways, all trained from scratch alike.

`searched` and `random search` have the same number of weight and architecture steps, the same images and the same
target; `drawn` is any network that would keep the target and spend it as the other two do, which costs nothing to find.
What the test images then say is what a search is worth; the interval is Welch's.
"""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from scipy.stats import ttest_ind

from benchmarks.resumable import Work, results
from benchmarks.search_trials import retrained, searched
from demo.this_machine import DEVICE, this_machine
from latency_service.contract.conditions import Conditions
from search_client.architecture import Architecture
from search_client.data.registry import load_data_set
from search_client.latency.objective import Objective
from search_client.latency.table import LatencyTable
from search_client.retraining.config import RetrainConfig
from search_client.spaces.registry import make_space
from search_client.strategies import proxyless_gradient, random_search
from search_client.strategies.feasible_paths import FeasiblePaths
from search_client.training.config import SearchConfig
from search_client.training.evaluation import make_alpha_criterion
from search_client.training.targets import Target
from search_client.training.terms import feasible_terms

SEARCHED, RANDOM_SEARCH, DRAWN = "searched", "random search", "drawn"
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Plan:
    """What is compared.

    Attributes:
        share: Where the target lies between the space's fastest network (0) and its slowest one (1).
        search: Settings of both searches beside strategy, seed and target.
        epochs: Of each training from scratch.
    """

    space: str
    runtime: str
    share: float
    data_set: str
    cache_dir: Path
    search: Mapping[str, Any]
    epochs: int
    seeds: int


@dataclass(frozen=True)
class Standing:
    """What one way of finding networks came to, a value a seed.

    Attributes:
        accuracies: On the test images, 0 to 1.
        lead_points: Of the searched networks over these, percentage points, with its interval; None for themselves,
            and where one seed allows no interval.
    """

    way: str
    predicted_ms: tuple[float, ...]
    accuracies: tuple[float, ...]
    lead_points: tuple[float, float, float] | None


def run(plan: Plan, folder: Path, processes: int, json_file: Path | None, console: Console) -> list[Standing]:
    """Compute what is lacking, print the table, and return it."""
    load_data_set(plan.data_set, plan.cache_dir)  # fetched once, not by every process
    table, target_ms = _measured(plan, folder)
    networks = _networks(plan, table, target_ms, folder, processes, console)
    work = {
        _name(way, seed): (retrained, (_retraining(plan, seed), each.to_json(), str(plan.cache_dir)))
        for (way, seed), each in networks.items()
    }
    accuracies = results(work, folder / "retrained", version("torch"), processes, console)
    found = [
        _standing(
            way,
            [table.network_ms(networks[way, seed].network()) for seed in range(plan.seeds)],
            [accuracies[_name(way, seed)] for seed in range(plan.seeds)],
            [accuracies[_name(SEARCHED, seed)] for seed in range(plan.seeds)],
        )
        for way in (SEARCHED, RANDOM_SEARCH, DRAWN)
    ]
    console.print(_table(plan, target_ms, found))
    if json_file:
        figures = {"target_ms": target_ms, "standings": list(map(asdict, found))}
        json_file.write_text(json.dumps(figures, indent=2) + "\n")
    return found


def lead(first: Sequence[float], second: Sequence[float]) -> tuple[float, float, float] | None:
    """Return the first mean less the second, and Welch's interval of it; None where one side has a single value.

    Source: Welch, The generalization of Student's problem, Biometrika 34 (1947).
    """
    if min(len(first), len(second)) < 2:
        return None
    interval = ttest_ind(first, second, equal_var=False).confidence_interval(_CONFIDENCE)
    return statistics.mean(first) - statistics.mean(second), float(interval.low), float(interval.high)


def _measured(plan: Plan, folder: Path) -> tuple[LatencyTable, float]:
    """Return the table of this machine, and the target in it."""
    with this_machine(folder, (plan.runtime,)) as machine:
        of_machine = ("--device", DEVICE, "--runtime", plan.runtime)
        profile = machine.client("profile", "--space", plan.space, *of_machine)
        table = LatencyTable.fetch(machine.server, device=DEVICE, runtime=plan.runtime)
    fastest_ms, slowest_ms = profile["fastest_ms"], profile["slowest_ms"]
    return table, fastest_ms + plan.share * (slowest_ms - fastest_ms)


def _networks(
    plan: Plan, table: LatencyTable, target_ms: float, folder: Path, processes: int, console: Console
) -> dict[tuple[str, int], Architecture]:
    strategies = {SEARCHED: proxyless_gradient.NAME, RANDOM_SEARCH: random_search.NAME}
    configs = {
        (way, seed): _config(plan, target_ms, strategy, seed)
        for seed in range(plan.seeds)
        for way, strategy in strategies.items()
    }
    snapshot = table.snapshot.model_dump_json()
    work: dict[str, Work] = {
        _name(*key): (searched, (config.model_dump_json(), snapshot, str(plan.cache_dir)))
        for key, config in configs.items()
    }
    drawn = _drawn(plan, table, configs[SEARCHED, 0])
    found = results(work, folder / "found", version("torch"), processes, console)
    of_searches = {key: Architecture.from_json(json.dumps(found[_name(*key)])) for key in configs}
    return of_searches | {(DRAWN, seed): each for seed, each in enumerate(drawn)}


def _drawn(plan: Plan, table: LatencyTable, config: SearchConfig) -> list[Architecture]:
    terms = feasible_terms(config, (table,), load_data_set(config.data_set, plan.cache_dir))
    feasible = FeasiblePaths(Objective(make_alpha_criterion(config), terms, config.combination))
    space = make_space(plan.space)
    return [
        Architecture.of(space, feasible.draw(1, torch.Generator().manual_seed(seed))[0]) for seed in range(plan.seeds)
    ]


def _config(plan: Plan, target_ms: float, strategy: str, seed: int) -> SearchConfig:
    target = Target(device=DEVICE, conditions=Conditions(runtime=plan.runtime), target_ms=target_ms)
    asked = {"space": plan.space, "data_set": plan.data_set, "strategy": strategy, "seed": seed, "fine_tune_epochs": 0}
    # Networks are compared at one and the same predicted latency, whatever that is worth.
    return SearchConfig.checked(targets=(target,), accept_not_additive=True, **{**plan.search, **asked})


def _retraining(plan: Plan, seed: int) -> str:
    return RetrainConfig.checked(data_set=plan.data_set, epochs=plan.epochs, seed=seed).model_dump_json()


def _name(way: str, seed: int) -> str:
    return f"{way.replace(' ', '-')}-seed-{seed}"


def _standing(
    way: str, predicted_ms: Sequence[float], accuracies: Sequence[float], searched_accuracies: Sequence[float]
) -> Standing:
    difference = None if way == SEARCHED else lead(searched_accuracies, accuracies)
    points = None if difference is None else (100 * difference[0], 100 * difference[1], 100 * difference[2])
    return Standing(way, tuple(predicted_ms), tuple(accuracies), points)


def _table(plan: Plan, target_ms: float, standings: Sequence[Standing]) -> Table:
    title = f"{plan.space} on {plan.runtime}, {target_ms:.4f} ms; {plan.epochs} epochs of {plan.data_set} from scratch"
    table = Table(title=title)
    for column in ("network", "predicted, ms", "test accuracy, each seed", "mean +- sd", "lead of searched, 95 %"):
        table.add_column(column)
    for each in standings:
        spread = statistics.stdev(each.accuracies) if len(each.accuracies) > 1 else 0.0
        table.add_row(
            each.way,
            ", ".join(f"{predicted:.4f}" for predicted in each.predicted_ms),
            ", ".join(f"{accuracy:.2%}" for accuracy in each.accuracies),
            f"{statistics.mean(each.accuracies):.2%} +- {100 * spread:.2f}",
            "" if each.lead_points is None else "{:+.2f} ({:+.2f} to {:+.2f})".format(*each.lead_points),
        )
    return table
