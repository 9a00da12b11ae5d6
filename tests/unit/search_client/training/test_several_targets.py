"""Whole searches that have several things to keep: two devices that want different networks, and other costs."""

from pathlib import Path
from typing import Any

import pytest

from latency_service.contract.keys import format_key
from latency_service.contract.messages import Snapshot, SnapshotId
from latency_service.contract.ops import MBConv, OpSpec
from search_client.latency.expected import SupernetCost
from search_client.latency.table import LatencyTable
from search_client.spaces.registry import make_space
from search_client.training.result import SearchResult
from search_client.training.run_folder import RunFolder
from search_client.training.search_run import SearchRun
from search_client.training.targets import ColumnTarget, CountTarget, Target
from tests.unit.search_client.small_space import made_up_ms, table_of
from tests.unit.search_client.training.small_run import (
    SPACE_PARAMS,
    Recording,
    board_target,
    small_config,
    small_images,
    small_snapshot,
    target_ms,
)

SPACE = make_space("proxyless-cifar", **SPACE_PARAMS)
BUDGET = {"warmup_epochs": 0, "search_epochs": 2, "fine_tune_epochs": 0, "weight_steps_per_arch_step": 1}


def prefers_small_kernels(op: OpSpec) -> float:
    return made_up_ms(op) * ((op.kernel_size - 2) ** 2 if isinstance(op, MBConv) else 1)


def prefers_small_expansion(op: OpSpec) -> float:
    return made_up_ms(op) * (3.0 ** (op.expand_ratio - 3) if isinstance(op, MBConv) else 1)


def snapshot_of(device: str, latency_ms: Any) -> Snapshot:
    update = {"device": device, "snapshot_id": SnapshotId(f"of-{device}")}
    return table_of(SPACE, latency_ms).snapshot.model_copy(update=update)


KERNELS, EXPANSION = snapshot_of("a", prefers_small_kernels), snapshot_of("b", prefers_small_expansion)


def target_on(snapshot: Snapshot, share: float = 0.1) -> Target:
    least, most = SupernetCost(SPACE, LatencyTable(snapshot)).range
    return Target(device=snapshot.device, conditions=snapshot.conditions, target_ms=least + share * (most - least))


def searched(path: Path, *snapshots: Snapshot, **changes: Any) -> SearchResult:
    config = small_config(targets=tuple(map(target_on, snapshots)), **{**BUDGET, **changes})
    return SearchRun(RunFolder.create(path, config, snapshots), small_images(), Recording().watcher).run()


def ms_on(snapshot: Snapshot, result: SearchResult) -> float:
    return LatencyTable(snapshot).network_ms(result.architecture.network())


@pytest.mark.parametrize("combination", ["all", "worst"])
def test_a_network_for_two_devices_meets_both_where_that_for_one_fails_on_the_other(
    tmp_path: Path, combination: str
) -> None:
    both = searched(tmp_path / "both", KERNELS, EXPANSION, combination=combination)
    assert [(promise.device, promise.target_met) for promise in both.promises] == [("a", True), ("b", True)]
    for promise, snapshot in zip(both.promises, (KERNELS, EXPANSION), strict=True):
        assert promise.predicted_ms == pytest.approx(ms_on(snapshot, both))
        assert promise.predicted_ms <= promise.target_ms == target_on(snapshot).target_ms
    for own, other in ((KERNELS, EXPANSION), (EXPANSION, KERNELS)):
        one = searched(tmp_path / own.device, own)
        assert one.promises[0].target_met
        assert ms_on(other, one) > target_on(other).target_ms


def test_in_the_worst_case_the_device_that_is_nearest_to_its_target_has_spent_it(tmp_path: Path) -> None:
    result = searched(tmp_path, KERNELS, EXPANSION, combination="worst")
    assert max(promise.predicted_ms / promise.target_ms for promise in result.promises) >= 0.98


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_search_for_one_device_spends_its_target_and_no_more(tmp_path: Path, share: float, seed: int) -> None:
    """However little it has been trained: eight architecture steps."""
    config = small_config(targets=(target_on(KERNELS, share),), seed=seed, **{**BUDGET, "search_epochs": 1})
    folder = RunFolder.create(tmp_path, config, [KERNELS])
    (promise,) = SearchRun(folder, small_images(), Recording().watcher).run().promises
    assert 0.98 <= promise.predicted_ms / promise.target_ms <= 1.0
    assert promise.target_met


def energy_file(path: Path) -> Path:
    """Write a file in which what takes long also takes much."""
    path.write_text("op,energy_mj\n" + "".join(f"{format_key(op)},{10 * made_up_ms(op)}\n" for op in SPACE.ops()))
    return path


def test_a_network_keeps_its_other_costs_too(tmp_path: Path) -> None:
    macs = SPACE.network([0] * len(SPACE.blocks)).macs
    energy = ColumnTarget(file=energy_file(tmp_path / "e.csv"), column="energy_mj", target=10 * target_ms(0.2))
    costs = (CountTarget(count="macs", target=macs), energy)
    config = small_config(targets=(board_target(target_ms(0.9)),), costs=costs, **BUDGET)
    tables = [cost.table() for cost in costs]
    folder = RunFolder.create(tmp_path / "run", config, [small_snapshot()], tables)
    result = SearchRun(folder, small_images(), Recording().watcher).run()
    network = result.architecture.network()
    assert [(cost.label, cost.unit, cost.target_met) for cost in result.costs] == [
        ("macs", "MACs", True),
        ("energy_mj", "mj", True),
    ]
    assert result.costs[0].predicted == network.macs <= macs
    assert result.costs[1].predicted == pytest.approx(10 * sum(map(made_up_ms, network.ops)))
    assert result.costs[1].predicted <= 10 * target_ms(0.2)
    assert RunFolder.open(folder.path).result == result


def test_a_run_is_pinned_to_what_the_file_said_when_it_began(tmp_path: Path) -> None:
    file = energy_file(tmp_path / "e.csv")
    cost = ColumnTarget(file=file, column="energy_mj", target=10 * target_ms(0.5))
    table = cost.table()
    folder = RunFolder.create(tmp_path / "run", small_config(costs=(cost,)), [small_snapshot()], [table])
    file.unlink()
    assert RunFolder.open(folder.path).cost_tables == (table,)
