"""The gradient of the gates of a whole supernet, against the closed form with all draws enumerated, in float64."""

from collections.abc import Iterator
from itertools import permutations, product
from typing import get_args

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from search_client.modules.batch_norm import frozen_statistics
from search_client.modules.super_net import SuperNet
from search_client.strategies.gated_mixed_op import GatedMixedOp, Gates
from tests.unit.search_client.strategies.tiny_space import ALPHAS, IMAGES, LABELS, assert_mean_is, tiny_supernet

ALL_GATES = get_args(Gates)

#: For each block what is drawn, the active candidate first.
Drawn = tuple[tuple[int, ...], ...]


def supernet_of(gates: Gates) -> SuperNet:
    return tiny_supernet(lambda block: GatedMixedOp(block, gates))


def gated_ops(supernet: SuperNet) -> Iterator[GatedMixedOp]:
    return (mixed_op for mixed_op in supernet.mixed_ops if isinstance(mixed_op, GatedMixedOp))


def gradient_of(supernet: SuperNet) -> Tensor:
    with frozen_statistics(supernet):
        loss = functional.cross_entropy(supernet(IMAGES), LABELS)
        return torch.stack(torch.autograd.grad(loss, list(supernet.arch_params())))


def every_draw(gates: Gates) -> Iterator[tuple[Drawn, float]]:
    """Enumerate all that the blocks can draw, with its chance."""
    probs = [torch.tensor(alpha, dtype=torch.float64).softmax(0).tolist() for alpha in ALPHAS]
    of_blocks = [
        [(drawn, _chance(drawn, p)) for drawn in permutations(range(3), 3 if gates == "full" else 2)] for p in probs
    ]
    if gates == "full":  # the order of those behind the active one means nothing
        of_blocks = [[(drawn, chance) for drawn, chance in block if drawn[1] < drawn[2]] for block in of_blocks]
    for draws in product(*of_blocks):
        yield tuple(drawn for drawn, _ in draws), draws[0][1] * draws[1][1]


def _chance(drawn: tuple[int, ...], probs: list[float]) -> float:
    if len(drawn) == 3:
        return probs[drawn[0]]
    active, inactive = (probs[index] for index in drawn)
    of_pair = active * inactive / (1 - active) + inactive * active / (1 - inactive)
    return of_pair * active / (active + inactive)


def closed_form(supernet: SuperNet, drawn: Drawn) -> Tensor:
    """Return sum_j dL/dg_j p_j (delta_ij - p_i), with gates that every candidate's output is really multiplied by."""
    gates = [functional.one_hot(torch.tensor(of_block[0]), 3).double().requires_grad_() for of_block in drawn]
    with frozen_statistics(supernet):
        x = supernet.stem(IMAGES)
        for mixed_op, of_block in zip(supernet.mixed_ops, gates, strict=True):
            x = sum(gate * op(x) for gate, op in zip(of_block, mixed_op.ops, strict=True))
        loss = functional.cross_entropy(supernet.head(x), LABELS)
    slopes = torch.autograd.grad(loss, gates)
    return torch.stack([_through_softmax(*each) for each in zip(supernet.arch_params(), slopes, drawn, strict=True)])


def _through_softmax(alpha: Tensor, slopes: Tensor, drawn: tuple[int, ...]) -> Tensor:
    among = torch.tensor(drawn)
    probs = alpha.detach()[among].softmax(0)
    jacobian = torch.diag(probs) - probs.outer(probs)
    return probs.new_zeros(len(alpha)).index_add(0, among, jacobian @ slopes[among])


@pytest.mark.parametrize("gates", ALL_GATES)
def test_the_gradient_is_the_closed_form_whatever_is_drawn(gates: Gates) -> None:
    supernet = supernet_of(gates)
    draws = list(every_draw(gates))
    assert len(draws) == {"two-path": 36, "full": 9}[gates]
    for drawn, _ in draws:
        for mixed_op, of_block in zip(gated_ops(supernet), drawn, strict=True):
            mixed_op.set_gates(of_block)
        torch.testing.assert_close(gradient_of(supernet), closed_form(supernet, drawn), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("gates", ALL_GATES)
def test_the_mean_gradient_over_many_draws_is_the_enumerated_one(gates: Gates) -> None:
    supernet, generator = supernet_of(gates), torch.Generator().manual_seed(0)
    assert sum(chance for _, chance in every_draw(gates)) == pytest.approx(1)
    expected = torch.stack([chance * closed_form(supernet, drawn) for drawn, chance in every_draw(gates)]).sum(0)
    gradient_by_draw: dict[Drawn, Tensor] = {}
    draws = []
    for _ in range(3000):
        drawn = tuple(drawn_by(mixed_op, generator) for mixed_op in gated_ops(supernet))
        if drawn not in gradient_by_draw:
            gradient_by_draw[drawn] = gradient_of(supernet)
        draws.append(gradient_by_draw[drawn])
    assert_mean_is(torch.stack(draws), expected)


def drawn_by(mixed_op: GatedMixedOp, generator: torch.Generator) -> tuple[int, ...]:
    mixed_op.draw_gates(generator)
    assert mixed_op.drawn is not None
    return tuple(mixed_op.drawn.tolist())
