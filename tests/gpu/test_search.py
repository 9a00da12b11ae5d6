"""Search steps and whole searches on a real GPU, against the CPU's. Where there is none, that is what must be said."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from torch import Tensor, nn

from benchmarks import activation_memory
from latency_service.contract.errors import InvalidInput
from search_client.compute import Amp, Compute
from search_client.latency.count_table import CountTable
from search_client.latency.expected import SupernetCost
from search_client.latency.losses.registry import make_loss
from search_client.latency.objective import CostTerm, Objective
from search_client.modules.offload import Offload
from search_client.modules.super_net import SuperNet
from search_client.spaces.registry import make_space
from search_client.strategies.registry import make_strategy
from search_client.training.checkpoints import load_latest_checkpoint
from search_client.training.evaluation import weight_step
from search_client.training.progress import SearchInterrupted
from search_client.training.run_folder import RunFolder
from search_client.training.search_run import SearchRun
from tests.unit.search_client.small_space import small_space
from tests.unit.search_client.training.small_run import Recording, small_folder, small_images

GPU = "cuda"
SPACE = small_space()
STRATEGIES: list[tuple[str, dict[str, Any]]] = [
    ("proxyless-gradient", {"gates": "two-path"}),
    ("proxyless-gradient", {"gates": "full"}),
    ("proxyless-reinforce", {"networks": 3}),
    ("random", {"fresh": 3}),
]
#: Of the losses, and of the steps as a share of their length: twice what half precision makes of them on a CPU.
TOLERANCE: dict[Amp, tuple[float, float]] = {"off": (1e-4, 1e-3), "fp16": (1e-3, 0.1), "bf16": (1e-2, 0.25)}

on_gpu = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="NO GPU HERE: the search's way through CUDA has not been gone"
)


@pytest.fixture(autouse=True)
def _fp32_is_fp32() -> Iterator[None]:
    """Products in TF32, which torch allows itself in convolutions, would be taken for what the CPU does otherwise."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = before


@dataclass(frozen=True)
class Seen:
    """What an architecture step and a weight step did."""

    losses: Tensor
    weight_moves: Tensor
    alpha_moves: Tensor
    skipped_steps: int


def two_steps(strategy: str, params: dict[str, Any], compute: Compute, offload: bool = False) -> Seen:
    """Take an architecture and a weight step down the plain gradient; all draws are alike on every processor."""
    made, generator = make_strategy(strategy, **params), torch.Generator().manual_seed(0)
    supernet = SuperNet(SPACE, generator, made.make_mixed_op)
    before = [param.detach().clone() for param in supernet.parameters()]
    weights = torch.optim.SGD(supernet.weight_params(), lr=0.1, momentum=0.9, nesterov=True)
    alphas = torch.optim.SGD(supernet.arch_params(), lr=1.0)
    offloaded = Offload(supernet, weights, compute.device) if offload else None
    if not offload:
        compute.place(supernet)
    supernet.train()
    batch = torch.randn(64, 3, 8, 8, generator=generator), torch.arange(64) % 3
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    cost = SupernetCost(SPACE, CountTable("macs"))
    target = sum(cost.range) / 2
    objective = Objective(criterion, [CostTerm("MACs", cost, target, make_loss("relative", target=target))])
    seen = made.arch_step(supernet, *compute.on_device(batch), objective, alphas, generator, compute)
    if offloaded is not None:
        offloaded.release()
    made.draw_path(supernet, generator, None)
    loss, _ = weight_step(supernet, batch, criterion, weights, compute)
    if offloaded is not None:
        offloaded.release()
    moves = [(param.detach().cpu() - old) for param, old in zip(supernet.parameters(), before, strict=True)]
    arch_params = set(supernet.arch_params())
    is_alpha = [param in arch_params for param in supernet.parameters()]
    return Seen(
        torch.tensor([loss, seen.ce, seen.loss]),
        torch.cat([move.flatten() for move, alpha in zip(moves, is_alpha, strict=True) if not alpha]),
        torch.cat([move for move, alpha in zip(moves, is_alpha, strict=True) if alpha]),
        compute.skipped_steps,
    )


def assert_alike(found: Seen, expected: Seen, amp: Amp = "off") -> None:
    """Compare losses one by one, and steps as vectors: single weights may lie on a kink of an activation."""
    of_losses, of_moves = TOLERANCE[amp]
    assert found.skipped_steps == expected.skipped_steps == 0
    torch.testing.assert_close(found.losses, expected.losses, rtol=of_losses, atol=of_losses)
    for one, other in ((found.weight_moves, expected.weight_moves), (found.alpha_moves, expected.alpha_moves)):
        assert (one - other).norm() <= of_moves * other.norm()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_a_search_that_asks_for_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="torch sees 0"):
        SearchRun(small_folder(tmp_path, train_on="cuda"), small_images(), Recording().watcher)


@on_gpu
@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("amp", list(TOLERANCE))
@pytest.mark.parametrize(("strategy", "params"), STRATEGIES)
def test_both_steps_are_the_cpus_but_for_rounding(
    strategy: str, params: dict[str, Any], amp: Amp, channels_last: bool
) -> None:
    expected = two_steps(strategy, params, Compute("cpu"))
    found = two_steps(strategy, params, Compute(GPU, amp, channels_last))
    assert_alike(found, expected, amp)


@on_gpu
@pytest.mark.parametrize(("strategy", "params"), STRATEGIES)
def test_a_batch_in_parts_makes_the_same_steps_there(strategy: str, params: dict[str, Any]) -> None:
    expected = two_steps(strategy, params, Compute("cpu", accumulate=2))
    assert_alike(two_steps(strategy, params, Compute(GPU, accumulate=2)), expected)


@on_gpu
@pytest.mark.parametrize("amp", list(TOLERANCE))
@pytest.mark.parametrize(("strategy", "params"), STRATEGIES)
def test_offloading_changes_nothing_but_the_place(strategy: str, params: dict[str, Any], amp: Amp) -> None:
    expected = two_steps(strategy, params, Compute(GPU, amp))
    assert_alike(two_steps(strategy, params, Compute(GPU, amp), offload=True), expected, amp)


@on_gpu
def test_offloaded_candidates_take_no_memory_of_the_gpu_between_steps() -> None:
    def left_bytes(offload: bool) -> int:
        torch.cuda.synchronize()
        before = torch.cuda.memory_allocated()
        made = make_strategy("proxyless-gradient")
        supernet = SuperNet(make_space("proxyless-cifar"), torch.Generator().manual_seed(0), made.make_mixed_op)
        optimizer = torch.optim.SGD(supernet.weight_params(), lr=0.1, momentum=0.9)
        compute = Compute(GPU)
        offloaded = Offload(supernet, optimizer, compute.device) if offload else compute.place(supernet)
        batch = torch.randn(4, 3, 32, 32), torch.arange(4)
        for index in range(3):
            supernet.set_path([index] * len(supernet.mixed_ops))
            weight_step(supernet, batch, nn.CrossEntropyLoss(), optimizer, compute)
            if isinstance(offloaded, Offload):
                offloaded.release()
        torch.cuda.synchronize()
        return torch.cuda.memory_allocated() - before

    assert left_bytes(offload=True) < 0.4 * left_bytes(offload=False)


@on_gpu
def test_the_peak_memory_of_a_step_does_not_grow_with_the_candidates() -> None:
    text = StringIO()
    assert activation_memory.run((2, 6, 12), 32, None, Console(file=text)), text.getvalue()


@on_gpu
@pytest.mark.parametrize("changes", [{}, {"amp": "fp16"}, {"amp": "bf16", "offload": True, "accumulate": 2}])
def test_a_search_that_was_interrupted_there_goes_on_to_its_end(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Not to the bit: CUDA sums gradients in no fixed order."""
    folder = small_folder(tmp_path, train_on=GPU, batch_size=18, settle_steps=0, **changes)
    with pytest.raises(SearchInterrupted):
        SearchRun(folder, small_images(), Recording(stop_after=13).watcher).run()
    stored = load_latest_checkpoint(folder.checkpoints)
    assert stored is not None
    again = Recording()
    result = SearchRun(RunFolder.open(folder.path), small_images(), again.watcher).run()
    assert again.seen[0].step == stored["step"] + 1 == 14
    assert result.validation_accuracy > 0.3  # chance is 0.25
    assert all(torch.isfinite(torch.tensor(progress.loss)) for progress in again.seen)


@on_gpu
def test_a_search_begun_on_the_gpu_can_be_ended_on_the_cpu(tmp_path: Path) -> None:
    folder = small_folder(tmp_path / "gpu", train_on=GPU, fine_tune_epochs=0, settle_steps=0)
    with pytest.raises(SearchInterrupted):
        SearchRun(folder, small_images(), Recording(stop_after=13).watcher).run()
    config = folder.path / "config.json"
    config.write_text(config.read_text().replace(f'"train_on": "{GPU}"', '"train_on": "cpu"'))
    assert SearchRun(RunFolder.open(folder.path), small_images(), Recording().watcher).run().validation_images == 128
