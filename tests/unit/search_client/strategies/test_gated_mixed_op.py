"""GatedMixedOp with two paths and with all, against enumeration and finite differences, all in float64."""

from collections.abc import Callable
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from search_client.modules.batch_norm import frozen_statistics
from search_client.modules.initialise import initialise
from search_client.strategies.gated_mixed_op import GatedMixedOp, Gates
from tests.unit.search_client.small_space import small_space

ALL_GATES = get_args(Gates)
ALPHA = (0.5, -0.3, 0.8, 0.0, -0.6, 0.2, 0.4)
ZERO = 6
X = torch.randn(4, 6, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def make(generator: torch.Generator) -> Callable[[Gates], GatedMixedOp]:
    def make_mixed_op(gates: Gates) -> GatedMixedOp:
        mixed_op = GatedMixedOp(small_space().blocks[1], gates)
        initialise(mixed_op, generator)
        with torch.no_grad():
            mixed_op.alpha.copy_(torch.tensor(ALPHA))
        return mixed_op.double()

    return make_mixed_op


def task_loss(y: Tensor) -> Tensor:
    """Return a loss whose gradient depends on which op is active."""
    return (y - 0.5).pow(2).mean() * 10


@pytest.mark.parametrize("gates", ALL_GATES)
@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_the_alphas_gradient_is_the_slope_of_the_loss_in_their_probabilities(
    gates: Gates, temperature: float, make: Callable[[Gates], GatedMixedOp], generator: torch.Generator
) -> None:
    """Finite differences of L(y + sum_j (p_j(alpha) - p_j) o_j(x)) at the present alpha."""
    mixed_op, step = make(gates), 1e-6
    mixed_op.temperature = temperature
    mixed_op.draw_gates(generator)
    assert mixed_op.drawn is not None
    (gradient,) = torch.autograd.grad(task_loss(mixed_op(X)), mixed_op.alpha)
    with torch.no_grad():
        outputs = torch.stack([op(X) for op in mixed_op.ops])
        probs, alpha = mixed_op.path_probs(), mixed_op.alpha.clone()

        def loss_at(index: int, shift: float) -> Tensor:
            mixed_op.alpha.copy_(alpha)
            mixed_op.alpha[index] += shift
            change = (mixed_op.path_probs() - probs).view(-1, 1, 1, 1, 1)
            return task_loss(outputs[mixed_op.active] + (change * outputs).sum(0))

        slopes = [(loss_at(index, step) - loss_at(index, -step)) / (2 * step) for index in range(len(alpha))]
    torch.testing.assert_close(gradient, torch.stack(slopes), rtol=1e-5, atol=1e-8)
    assert gradient.count_nonzero() == len(mixed_op.drawn)


@pytest.mark.parametrize("gates", ALL_GATES)
def test_the_gradient_towards_the_input_and_the_weights_passes_gradcheck(
    gates: Gates, make: Callable[[Gates], GatedMixedOp]
) -> None:
    mixed_op = make(gates)
    mixed_op.set_gates((2, 0) if gates == "two-path" else (2, 0, 1, 3, 4, 5, 6))
    mixed_op.alpha.requires_grad_(False)  # what it gets is an estimate, not the output's derivative
    weight = next(mixed_op.ops[2].parameters())

    def output(x: Tensor, _weight: Tensor) -> Tensor:
        y: Tensor = mixed_op(x)
        return y

    with frozen_statistics(mixed_op):
        assert torch.autograd.gradcheck(output, (X[:2, :, :2, :2].clone().requires_grad_(), weight))


@pytest.mark.parametrize("gates", ALL_GATES)
def test_the_output_and_its_gradient_are_those_of_the_active_op(
    gates: Gates, make: Callable[[Gates], GatedMixedOp], generator: torch.Generator
) -> None:
    mixed_op = make(gates)
    mixed_op.draw_gates(generator)
    x = X.clone().requires_grad_()
    output = mixed_op(x)
    (gradient,) = torch.autograd.grad(task_loss(output), x)
    alone = mixed_op.ops[mixed_op.active](x)
    torch.testing.assert_close(output, alone)
    torch.testing.assert_close(gradient, torch.autograd.grad(task_loss(alone), x)[0])


@pytest.mark.parametrize("gates", ALL_GATES)
@pytest.mark.parametrize("active", [0, ZERO])
def test_inactive_ops_keep_their_batch_statistics_and_get_no_gradient(
    gates: Gates, active: int, make: Callable[[Gates], GatedMixedOp]
) -> None:
    mixed_op = make(gates)
    others = [1] if gates == "two-path" else [index for index in range(7) if index != active]
    mixed_op.set_gates((active, *others))
    before = {name: buffer.clone() for name, buffer in mixed_op.named_buffers()}
    torch.autograd.backward(task_loss(mixed_op(X)))
    moved = {name.split(".")[1] for name, now in mixed_op.named_buffers() if not torch.equal(before[name], now)}
    learning = {name.split(".")[1] for name, param in mixed_op.ops.named_parameters("ops") if param.grad is not None}
    assert moved == learning == {str(active)} - {str(ZERO)}
    assert mixed_op.alpha.grad is not None


def test_what_is_held_for_the_backward_pass_does_not_grow_with_the_gates(
    make: Callable[[Gates], GatedMixedOp],
) -> None:
    def held_bytes(drawn: tuple[int, ...]) -> int:
        storages: dict[int, int] = {}

        def note(tensor: Tensor) -> Tensor:
            storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        mixed_op.set_gates(drawn)
        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            mixed_op(X.clone().requires_grad_())
        return sum(storages.values())

    mixed_op = make("full")
    of_logits = 8 * 5
    assert held_bytes((0, 1, 2, 3, 4, 5, 6)) - held_bytes((0, 1)) <= 2 * of_logits


def test_the_products_are_computed_in_the_precision_of_the_forward_pass(
    make: Callable[[Gates], GatedMixedOp],
) -> None:
    mixed_op, seen = make("two-path").float(), []
    mixed_op.set_gates((0, 3))
    convolution = next(layer for layer in mixed_op.ops[3].modules() if isinstance(layer, nn.Conv2d))
    convolution.register_forward_hook(lambda *args: seen.append((args[2].dtype, torch.is_grad_enabled())))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = mixed_op(X.float())
    assert not seen
    torch.autograd.backward(output.float().sum())
    assert seen == [(torch.bfloat16, False)]


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_two_paths_draw_the_active_one_by_the_pairs_own_probabilities(
    temperature: float, make: Callable[[Gates], GatedMixedOp], generator: torch.Generator
) -> None:
    mixed_op, draws = make("two-path"), 3000
    mixed_op.temperature = temperature
    with torch.no_grad():
        mixed_op.alpha.copy_(torch.tensor([3.0, 2.0, *[-60.0] * 5]))
    times_active = 0
    for _ in range(draws):
        mixed_op.draw_gates(generator)
        times_active += mixed_op.active == 0
    expected = float((torch.tensor([3.0, 2.0]) / temperature).softmax(0)[0])
    assert abs(times_active / draws - expected) < 4 * (expected * (1 - expected) / draws) ** 0.5


@pytest.mark.parametrize("temperature", [1.0, 3.0])
@pytest.mark.parametrize("size", [1.0, 300.0])
def test_rescaling_a_pair_keeps_the_probabilities_of_all_others(
    temperature: float, size: float, make: Callable[[Gates], GatedMixedOp]
) -> None:
    mixed_op = make("two-path").float()
    mixed_op.temperature = temperature
    with torch.no_grad():
        mixed_op.alpha.mul_(size)
    before, probs = mixed_op.alpha.detach().clone(), mixed_op.path_probs().detach()
    mixed_op.set_gates((4, 1))
    with torch.no_grad():
        mixed_op.alpha[[4, 1]] += torch.tensor([0.7, -0.2])
    mixed_op.rescale(before)
    mixed_op.drop_gates()
    change = (mixed_op.path_probs().detach() - probs).abs()
    assert change[[0, 2, 3, 5, 6]].max() < 1e-7
    if size == 1.0:
        assert change[[1, 4]].min() > 1e-3


def test_the_probabilities_of_a_pair_are_zero_elsewhere_and_whole_again_without_it(
    make: Callable[[Gates], GatedMixedOp], generator: torch.Generator
) -> None:
    mixed_op = make("two-path")
    mixed_op.draw_gates(generator)
    probs = mixed_op.path_probs()
    assert probs.count_nonzero() == 2
    assert probs.sum().item() == pytest.approx(1.0)
    mixed_op.drop_gates()
    torch.testing.assert_close(mixed_op.path_probs(), mixed_op.alpha.softmax(0))


def test_the_probabilities_of_all_gates_are_the_whole_ones(
    make: Callable[[Gates], GatedMixedOp], generator: torch.Generator
) -> None:
    mixed_op = make("full")
    mixed_op.draw_gates(generator)
    torch.testing.assert_close(mixed_op.path_probs(), mixed_op.alpha.softmax(0))
