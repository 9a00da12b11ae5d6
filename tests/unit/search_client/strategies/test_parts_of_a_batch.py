"""An architecture step over a batch in parts, where memory is short."""

from typing import Any

import pytest
import torch

from search_client.compute import Compute
from search_client.latency.expected import SupernetCost
from search_client.latency.losses.registry import make_loss
from search_client.latency.objective import CostTerm, Objective
from search_client.modules.super_net import SuperNet
from search_client.strategies.base import ArchStep
from search_client.strategies.registry import make_strategy
from tests.unit.search_client.small_space import table_of
from tests.unit.search_client.strategies.tiny_space import IMAGES, LABELS, tiny_space, tiny_supernet

#: Both halves alike, so that batch statistics do not tell how it was cut.
BATCH = (IMAGES.repeat(2, 1, 1, 1), LABELS.repeat(2))
STRATEGIES: list[tuple[str, dict[str, Any]]] = [
    ("proxyless-gradient", {"gates": "two-path"}),
    ("proxyless-gradient", {"gates": "full"}),
    ("proxyless-reinforce", {"networks": 3}),
    ("random", {"fresh": 3}),
]


def stepped(strategy: str, params: dict[str, Any], loss: str, compute: Compute) -> tuple[SuperNet, ArchStep, list[int]]:
    """Take two steps; the last item is how many images each forward pass had."""
    made = make_strategy(strategy, **params)
    supernet = tiny_supernet(made.make_mixed_op)
    cost = SupernetCost(tiny_space(), table_of(tiny_space()))
    target = sum(cost.range) / 2
    objective = Objective(torch.nn.CrossEntropyLoss(), [CostTerm("", cost, target, make_loss(loss, target=target))])
    optimizer = torch.optim.Adam(supernet.arch_params(), lr=0.1, betas=(0.0, 0.999))
    generator, sizes = torch.Generator().manual_seed(0), []
    supernet.stem.register_forward_hook(lambda _module, inputs, _output: sizes.append(len(inputs[0])))
    for _ in range(2):
        seen = made.arch_step(supernet, *BATCH, objective, optimizer, generator, compute)
    return supernet, seen, sizes


@pytest.mark.parametrize("loss", ["power", "constrained"])
@pytest.mark.parametrize(("strategy", "params"), STRATEGIES)
def test_parts_one_after_another_make_the_step_of_the_whole_batch(
    strategy: str, params: dict[str, Any], loss: str
) -> None:
    whole, seen, sizes = stepped(strategy, params, loss, Compute())
    cut, seen_of_parts, part_sizes = stepped(strategy, params, loss, Compute(accumulate=2))
    assert set(sizes) == {8}
    assert part_sizes == [4] * (2 * len(sizes))
    assert (seen_of_parts.ce, seen_of_parts.loss) == pytest.approx((seen.ce, seen.loss), rel=1e-9)
    for one, other in zip(whole.arch_params(), cut.arch_params(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)
