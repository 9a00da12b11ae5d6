"""Ranking: whether a search finds the best of all networks, shown on a space whose every network is trained alone.

The truth is each architecture's accuracy on test images after the same training from scratch, the mean of two seeds;
how well the two agree is the most that any estimate can agree with them. Each option is then searched with several
seeds and the same number of weight steps, without regard to cost.
"""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.ranking_space import all_paths, ranking_space
from benchmarks.ranking_trials import Images, searched, trained_alone
from benchmarks.ranks import kendall_tau
from benchmarks.resumable import Work, results
from latency_service.contract.keys import format_key
from search_client.modules.super_net import Path as SupernetPath

TRUTH_SEEDS = (101, 102)
GRADIENT, REINFORCE, RANDOM = "proxyless-gradient", "proxyless-reinforce", "random"


@dataclass(frozen=True)
class Scale:
    """How much is computed.

    Attributes:
        epochs: Of the supernet, warm-up and search together; a quarter of them are the short warm-up.
        truth_epochs: Of each architecture alone.
    """

    images: Images
    epochs: int
    truth_epochs: int
    seeds: int


@dataclass(frozen=True)
class Standing:
    """What an option came to, a value a seed.

    Attributes:
        ranks: Of the found network among all, 1 being the best.
        regrets: What it lacks of the best one's accuracy, percentage points.
        taus: Kendall's, of the estimates by shared weights against the truth.
    """

    option: str
    ranks: tuple[int, ...]
    regrets: tuple[float, ...]
    taus: tuple[float, ...]


def options(epochs: int) -> Mapping[str, Mapping[str, Any]]:
    """Return the settings of each option, over so many epochs in all."""
    short, long = max(1, epochs // 3), max(1, 2 * epochs // 3)

    def of(warmup: int, strategy: str = GRADIENT, **params: Any) -> Mapping[str, Any]:
        phases = {"warmup_epochs": warmup, "search_epochs": epochs - warmup}
        return {**phases, "strategy": strategy, "strategy_params": params}

    return MappingProxyType(
        {
            "two-path, short warm-up": of(short),
            "no warm-up": of(0),
            "long warm-up": of(long),
            "entropy floor 0.5": of(short, entropy_floor=0.5),
            "temperature 5": of(short, temperature=5.0),
            "fair paths": of(short, fair_sampling="always"),
            "plain alpha batches": {**of(short), "plain_alpha_batches": True},
            "full gates": of(short, gates="full"),
            "REINFORCE": of(short, REINFORCE),
            "random, shared weights": of(short, RANDOM),
        }
    )


def run(scale: Scale, folder: Path, processes: int, json_file: Path | None, console: Console) -> list[Standing]:
    """Compute what is lacking, print the table, and return it."""
    space = ranking_space(32, 10)
    paths = all_paths(space)
    basis = {"torch": version("torch"), "space": [list(map(format_key, block.candidates)) for block in space.blocks]}
    truths = _truths(paths, results(_truth_work(scale, paths), folder / "truth", basis, processes, console))
    found = results(_search_work(scale), folder / "searches", basis, processes, console)
    truth = [statistics.mean(accuracies) for accuracies in zip(*truths, strict=True)]
    standings = [
        _standing(name, [found[_name(name, seed)] for seed in range(scale.seeds)], paths, truth)
        for name in options(scale.epochs)
    ]
    floor = kendall_tau(*truths)
    console.print(_table(standings, truth, floor))
    if json_file:
        figures = {"noise_floor_tau": floor, "truth": dict(zip(map(str, paths), truth, strict=True))}
        json_file.write_text(json.dumps({**figures, "standings": list(map(asdict, standings))}, indent=2) + "\n")
    return standings


def _truth_work(scale: Scale, paths: Sequence[SupernetPath]) -> dict[str, Work]:
    return {
        f"{'-'.join(map(str, path))}-seed-{seed}": (trained_alone, (scale.images, path, scale.truth_epochs, seed))
        for seed in TRUTH_SEEDS
        for path in paths
    }


def _truths(paths: Sequence[SupernetPath], accuracies: Mapping[str, float]) -> list[list[float]]:
    values = list(accuracies.values())  # in the order of the work
    return [values[: len(paths)], values[len(paths) :]]


def _search_work(scale: Scale) -> dict[str, Work]:
    return {
        _name(name, seed): (searched, (scale.images, settings, seed))
        for seed in range(scale.seeds)
        for name, settings in options(scale.epochs).items()
    }


def _name(option: str, seed: int) -> str:
    return f"{option.replace(', ', '-').replace(' ', '-')}-seed-{seed}"


def _standing(
    option: str, runs: Sequence[Mapping[str, Any]], paths: Sequence[SupernetPath], truth: Sequence[float]
) -> Standing:
    worth = dict(zip(paths, truth, strict=True))
    found = [worth[tuple(run["found"])] for run in runs]
    return Standing(
        option,
        ranks=tuple(1 + sum(other > accuracy for other in truth) for accuracy in found),
        regrets=tuple(100 * (max(truth) - accuracy) for accuracy in found),
        taus=tuple(kendall_tau(run["estimates"], truth) for run in runs),
    )


def _table(standings: Sequence[Standing], truth: Sequence[float], floor: float) -> Table:
    title = (
        f"{len(truth)} architectures, {min(truth):.1%} to {max(truth):.1%} right; "
        f"the truth against itself with another seed: tau {floor:.2f}"
    )
    table = Table(title=title)
    for column in ("option", "rank of the found, mean (each)", "regret, points", "Kendall tau, mean +- sd"):
        table.add_column(column)
    for each in sorted(standings, key=lambda standing: statistics.mean(standing.regrets)):
        ranks = f"{statistics.mean(each.ranks):.1f} ({', '.join(map(str, each.ranks))})"
        table.add_row(each.option, ranks, _spread(each.regrets), _spread(each.taus))
    return table


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.mean(values):.2f} +- {statistics.stdev(values) if len(values) > 1 else 0.0:.2f}"
