"""On the CPU alone: a stand-in for the copy between host and device that notes where every tensor is."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from search_client.compute import Compute
from search_client.latency.expected import SupernetCost
from search_client.latency.losses.additive import AdditiveLoss
from search_client.latency.objective import CostTerm, Objective
from search_client.modules.offload import Offload
from search_client.modules.super_net import SuperNet
from search_client.strategies.registry import make_strategy
from search_client.training.evaluation import weight_step
from tests.unit.search_client.small_space import small_space, table_of

DEVICE = torch.device("meta")  # named only: nothing is ever put there


@dataclass
class Mover:
    """Copies, as a real move does, and notes which storage is on the device."""

    on_device: set[int] = field(default_factory=set)

    def __call__(self, tensor: Tensor, device: torch.device) -> Tensor:
        moved = tensor.clone()
        self.on_device.discard(tensor.data_ptr())
        if device == DEVICE:
            self.on_device.add(moved.data_ptr())
        return moved

    def holds(self, tensor: Tensor) -> bool:
        return tensor.data_ptr() in self.on_device


class Search:
    """A supernet of the small space that trains, offloaded or not."""

    def __init__(self, move: Mover | None) -> None:
        self.strategy = make_strategy("proxyless-gradient")
        self.generator = torch.Generator().manual_seed(0)
        self.supernet = SuperNet(small_space(), self.generator, self.strategy.make_mixed_op)
        self.weights = torch.optim.SGD(self.supernet.weight_params(), lr=0.1, momentum=0.9)
        self.alphas = torch.optim.Adam(self.supernet.arch_params(), lr=0.1, betas=(0.0, 0.999))
        self.offload = Offload(self.supernet, self.weights, DEVICE, move) if move else None
        cost = SupernetCost(small_space(), table_of(small_space()))
        self.objective = Objective(functional.cross_entropy, [CostTerm("", cost, 1.0, AdditiveLoss(0.1))])
        self.images = torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(1))
        self.labels = torch.arange(8) % 3

    def weight_step(self) -> None:
        self.supernet.sample_uniform_path(self.generator)
        self.step_on_path()

    def step_on_path(self) -> None:
        weight_step(self.supernet, (self.images, self.labels), nn.CrossEntropyLoss(), self.weights, Compute())

    def arch_step(self) -> None:
        batch = (self.images, self.labels)
        self.strategy.arch_step(self.supernet, *batch, self.objective, self.alphas, self.generator)

    def release(self) -> None:
        if self.offload is not None:
            self.offload.release()

    def candidates(self) -> list[nn.Module]:
        return [candidate for mixed_op in self.supernet.mixed_ops for candidate in mixed_op.ops]

    def active(self) -> set[nn.Module]:
        return {mixed_op.ops[mixed_op.active] for mixed_op in self.supernet.mixed_ops}

    def tensors_of(self, module: nn.Module) -> list[Tensor]:
        """Return weights, batch statistics and momenta."""
        momenta = [value for param in module.parameters() for value in self.weights.state.get(param, {}).values()]
        return [*module.parameters(), *module.buffers(), *(value for value in momenta if value is not None)]


def test_between_steps_no_candidate_is_on_the_device_and_all_else_is() -> None:
    mover = Mover()
    search = Search(mover)
    for step in (search.weight_step, search.arch_step, search.weight_step):
        step()
        search.release()
        for candidate in search.candidates():
            assert not any(mover.holds(tensor) for tensor in search.tensors_of(candidate))
        for part in (search.supernet.stem, search.supernet.head):
            assert all(mover.holds(tensor) for tensor in (*part.parameters(), *part.buffers()))
        assert all(mover.holds(alpha) for alpha in search.supernet.arch_params())


def test_during_a_step_the_path_is_on_the_device_with_its_momentum_and_nothing_else() -> None:
    mover = Mover()
    search = Search(mover)
    for _ in range(4):
        search.weight_step()  # gives the path its momentum
        search.release()
        search.step_on_path()
        for candidate in search.candidates():
            is_there = [mover.holds(tensor) for tensor in search.tensors_of(candidate) if tensor.numel()]
            assert is_there == [candidate in search.active()] * len(is_there)
        search.release()


def test_a_candidate_that_runs_for_its_inner_product_alone_leaves_at_once() -> None:
    mover = Mover()
    search = Search(mover)
    seen: list[tuple[nn.Module, bool]] = []

    def note(candidate: nn.Module, _inputs: Any) -> None:
        seen.append((candidate, all(mover.holds(tensor) for tensor in search.tensors_of(candidate))))

    for candidate in search.candidates():
        candidate.register_forward_pre_hook(note)
    search.arch_step()
    assert len(seen) == 2 * len(search.supernet.mixed_ops)
    assert all(was_there for _, was_there in seen)
    assert search.offload is not None
    assert search.offload.resident == search.active()


def test_an_offloaded_search_learns_what_another_learns() -> None:
    plain, offloaded = Search(None), Search(Mover())
    for search in (plain, offloaded):
        for _ in range(4):
            search.weight_step()
            search.release()
            search.arch_step()
            search.release()
    for name, tensor in plain.supernet.state_dict().items():
        assert torch.equal(tensor, offloaded.supernet.state_dict()[name]), name
