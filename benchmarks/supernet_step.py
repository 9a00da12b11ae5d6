"""Supernet step: a weight step and an architecture step of the supernet against a step of the plain derived network.

All three on the same path, batch and process, interleaved, so that only their ratios count.
"""

import statistics
import time
from collections.abc import Callable

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import nn

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import Fingerprint
from latency_service.contract.keys import format_key
from latency_service.contract.messages import Entry, Snapshot, SnapshotId, TableId
from latency_service.contract.network import WorkloadKey
from search_client.latency.expected import SupernetCost
from search_client.latency.losses.registry import make_loss
from search_client.latency.objective import CostTerm, Objective
from search_client.latency.table import LatencyTable
from search_client.modules.derived import build_network
from search_client.modules.super_net import SuperNet
from search_client.spaces.registry import make_space
from search_client.spaces.space import SearchSpace
from search_client.strategies.registry import make_strategy

BATCH_SIZE = 32
LEARNING_RATE = 0.01


def run(space_name: str, repeats: int, console: Console) -> None:
    """Print the medians and their ratios to the plain network's step."""
    steps = _steps(make_space(space_name))
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in track(range(repeats + 1), description="stepping"):
        for name, step in steps.items():
            started = time.perf_counter()
            step()
            seconds[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(values[1:]) for name, values in seconds.items()}
    table = Table("step", "median, ms", "against the plain network", title=f"{space_name}, batch {BATCH_SIZE}")
    for name, median in medians.items():
        table.add_row(name, f"{1e3 * median:.1f}", f"{median / medians['plain network']:.2f}")
    console.print(table)


def _steps(space: SearchSpace) -> dict[str, Callable[[], object]]:
    strategy = make_strategy("proxyless-gradient")
    supernet = SuperNet(space, torch.Generator().manual_seed(0), strategy.make_mixed_op)
    choices = [0] * len(space.blocks)
    plain = build_network(space.network(choices), torch.Generator().manual_seed(0))
    for module in (supernet, plain):
        module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        module.train()
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(BATCH_SIZE, 3, space.resolution, space.resolution, generator=generator)
    images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(space.num_classes, (BATCH_SIZE,), generator=generator)
    criterion = nn.CrossEntropyLoss()
    latency = SupernetCost(space, LatencyTable(_table_of_macs(space)))
    loss = make_loss("additive", target=1.0, weight=0.1)
    objective = Objective(criterion, [CostTerm("MACs", latency, target=1.0, loss=loss)])
    alphas = torch.optim.Adam(supernet.arch_params(), lr=1e-3, betas=(0.0, 0.999))

    def weight_step(module: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        optimizer.zero_grad()
        criterion(module(images), labels).backward()
        optimizer.step()

    def supernet_step(optimizer: torch.optim.Optimizer) -> None:
        supernet.set_path(choices)
        weight_step(supernet, optimizer)

    of_plain = torch.optim.SGD(plain.parameters(), LEARNING_RATE, momentum=0.9)
    of_supernet = torch.optim.SGD(supernet.weight_params(), LEARNING_RATE, momentum=0.9)
    return {
        "plain network": lambda: weight_step(plain, of_plain),
        "supernet, weights": lambda: supernet_step(of_supernet),
        "supernet, architecture (two-path)": lambda: strategy.arch_step(
            supernet, images, labels, objective, alphas, generator
        ),
    }


def _table_of_macs(space: SearchSpace) -> Snapshot:
    """Return a stand-in table: an architecture step costs the same whatever the latencies are."""
    entries = [
        Entry(
            workload=WorkloadKey(format_key(op)),
            latency_ms=1e-3 + op.macs / 1e9,
            ci_low_ms=1e-3,
            ci_high_ms=1.0,
            n=1,
            verdict="ok",
            measured_at=None,
            measurement_id=None,
        )
        for op in space.ops()
    ]
    return Snapshot(
        snapshot_id=SnapshotId("macs"),
        table_id=TableId("macs"),
        device="none",
        device_state=Fingerprint("0" * 16),
        conditions=Conditions(runtime="none"),
        protocol_version=1,
        ops=tuple(entries),
        networks=(),
    )
